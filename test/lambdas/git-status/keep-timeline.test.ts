import { beforeEach, expect, test } from '@jest/globals';
import { timelineKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { releaseItemSchema } from '../../../core/ledger/release-items.ts';
import { keepTimeline } from '../../../lambdas/git-status/keep-timeline.ts';
import { type LedgerMemory, ledgerMemory } from '../../support/ledger-memory.ts';
import { objectsMemory } from '../../support/objects-memory.ts';

const ID = '20261121-c0ffee1-1';
const REF = { id: ID, repository: 1, commit: 'c0ffee1'.padEnd(40, '0') };
const RELEASE = ledgerKeys.release(1, ID);
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 8, 0, seconds)).toISOString();

let ledger: LedgerMemory;
let store: ReturnType<typeof objectsMemory>;
const look = async () =>
  keepTimeline(releaseItemSchema.parse(await ledger.get(RELEASE)), {
    ...{ ledger, store },
    clock: { now: () => new Date(at(59)) },
  });
const page = () => store.objects.get(timelineKey(1, ID))?.toString();

beforeEach(async () => {
  [ledger, store] = [ledgerMemory(), objectsMemory()];
  await ledger.put(RELEASE, {
    ...REF,
    repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
    ...{ branch: 'main', sender: 'ada', execution: 'arn:1', environments: ['dev'], reason: '' },
    startedAt: at(0),
  });
  await ledger.put(ledgerKeys.deployment(1, ID, 'dev'), {
    ...{ environment: 'dev', execution: 'arn:2', progress: 'deploying', reason: '' },
    ...{ askedAt: at(2), openedAt: at(3) },
  });
  await ledger.put(ledgerKeys.outcome(1, ID, { environment: 'dev', component: 'app' }), {
    ...{ environment: 'dev', component: 'app', attempt: 1, affected: 'changed', progress: 'ended' },
    ...{ outcome: 'applied', reason: '', startedAt: at(4), endedAt: at(20) },
  });
});

const endRelease = (seconds: number) =>
  ledger.update(RELEASE, { set: { verdict: 'succeeded', endedAt: at(seconds) } });
const settle = () =>
  ledger.update(ledgerKeys.deployment(1, ID, 'dev'), { set: { verdict: 'succeeded', endedAt: at(22) } });

test('a release that runs, or whose deployment is not settled yet, has no timeline', async () => {
  await look();
  expect(page()).toBeUndefined();
  await endRelease(23);
  await look();
  expect(page()).toBeUndefined();
  await settle();
  await look();
  expect(page()).toContain('<strong>23.0 s</strong> on the critical path');
});

test('it is written once for every end', async () => {
  await settle();
  await endRelease(23);
  await look();
  store.objects.clear();
  await look();
  expect(page()).toBeUndefined();
  // A redrive has ended it again.
  await endRelease(40);
  await look();
  expect(page()).toContain('<strong>40.0 s</strong>');
});
