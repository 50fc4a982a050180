import { beforeEach, expect, test } from '@jest/globals';
import { timelineKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { type ReleaseItem, releaseItemSchema } from '../../../core/ledger/release-items.ts';
import type { Measurement } from '../../../core/metrics/emf.ts';
import { keepTimeline } from '../../../lambdas/git-status/keep-timeline.ts';
import { type LedgerMemory, ledgerMemory } from '../../support/ledger-memory.ts';
import { objectsMemory } from '../../support/objects-memory.ts';

const ID = '20261121-c0ffee1-1';
const REF = { id: ID, repository: 1, commit: 'c0ffee1'.padEnd(40, '0') };
const RELEASE = ledgerKeys.release(1, ID);
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 8, 0, seconds)).toISOString();

let ledger: LedgerMemory;
let store: ReturnType<typeof objectsMemory>;
let measured: Measurement[];
const ports = () => ({
  ...{ ledger, store },
  clock: { now: () => new Date(at(59)) },
  measure: (one: Measurement) => void measured.push(one),
});
const release = async (): Promise<ReleaseItem> => releaseItemSchema.parse(await ledger.get(RELEASE));
const look = async () => keepTimeline(await release(), ports());
const page = () => store.objects.get(timelineKey(1, ID))?.toString();

beforeEach(async () => {
  [ledger, store, measured] = [ledgerMemory(), objectsMemory(), []];
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

const job = (jobId: string, stage: 'plan' | 'apply', seconds: number) =>
  ledger.put(ledgerKeys.jobTimes(1, ID, jobId), {
    ...{ environment: 'dev', component: 'app', pass: 'deploy', stage, jobId, architecture: 'arm64' },
    times: { startedAt: at(5), endedAt: at(5 + seconds), failed: false, logBytes: 0, steps: [] },
  });
const told = () => measured.map(({ metric, value, of, facts }) => ({ metric, value, of, facts }));
const FACTS = { release: ID, repository: 'acme/shop', operation: 'apply' };

test('what it has cost is told once for every end; a redriven one tells what came on top', async () => {
  await look();
  expect(told()).toEqual([]);
  await job('one', 'plan', 10);
  await settle();
  await endRelease(23);
  await look();
  await look();
  // A minute of 1 vCPU, 2 GB, 10 GB over the free ones and an address, states, requests.
  expect(told()).toEqual([
    { metric: 'ReleaseCost', value: expect.closeTo(0.0019, 3), of: undefined, facts: FACTS },
  ]);
  const first = measured[0]?.value ?? 0;
  await job('two', 'apply', 3600);
  await endRelease(40);
  await look();
  await look();
  // An hour of processors is most of it.
  expect(told().slice(1)).toEqual([
    { metric: 'ReleaseCost', value: expect.closeTo(0.0459, 4), of: undefined, facts: FACTS },
  ]);
  expect((await release()).costUsd).toBeCloseTo(first + (measured[1]?.value ?? 0), 10);
});

test('two looks at the same time tell it once', async () => {
  await settle();
  await endRelease(23);
  const seen = await release();
  await Promise.all([keepTimeline(seen, ports()), keepTimeline(seen, ports())]);
  expect(told()).toHaveLength(1);
});

test('a look that is late for a redrive tells nothing', async () => {
  await settle();
  await endRelease(23);
  const seen = await release();
  await ledger.update(RELEASE, { remove: ['verdict', 'endedAt'] });
  await keepTimeline(seen, ports());
  expect(told()).toEqual([]);
  await endRelease(40);
  await look();
  expect(told()).toHaveLength(1);
});

test('a crash before it is noted tells it at the next look, one after that loses it: never twice', async () => {
  await settle();
  await endRelease(23);
  const down = { ...ledger, update: () => Promise.reject(new Error('the table does not answer')) };
  await expect(keepTimeline(await release(), { ...ports(), ledger: down })).rejects.toThrow(
    'does not answer',
  );
  expect(told()).toEqual([]);
  const crash = () => {
    throw new Error('crashed');
  };
  await expect(keepTimeline(await release(), { ...ports(), measure: crash })).rejects.toThrow('crashed');
  await look();
  expect(told()).toEqual([]);
});
