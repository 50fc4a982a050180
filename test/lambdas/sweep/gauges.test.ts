/** What a sweep tells of how things stand: nothing of an idle pipeline, the worst of each kind of everything else. */
import { beforeEach, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { lease } from '../../../lambdas/lease/lease.ts';
import { noteKnown } from '../../../lambdas/shared/sweep-index.ts';
import { sweep } from '../../../lambdas/sweep/sweep.ts';
import { turn } from '../../../lambdas/turn/turn.ts';
import {
  commitOf,
  deploy,
  REPOSITORY,
  release,
  target,
  type World,
  world,
} from '../../support/deployment-world.ts';

let w: World;
beforeEach(() => {
  w = world();
  w.github.head = undefined;
});

const network = target('network');
const database = target('database');
const MINUTE = 60_000;

/** What one sweep tells. */
async function told(repository?: number): Promise<string[]> {
  w.measured.length = 0;
  await sweep(w.ports, repository);
  return [...w.measured];
}

test('an idle pipeline tells nothing: what is not told is not paid for', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref);
  expect(await told()).toEqual([]);
});

test('what is left between two commits, until it is mended', async () => {
  const environments = { dev: [network, database] };
  const ref = await release(w, { environments });
  await deploy(w, ref, { tools: { network: { apply: 'fails' }, database: { apply: 'fails' } } });
  w.ends.set(`arn:release:${ref.id}`, 'FAILED');
  expect(await told()).toEqual(['DirtyTargets 2']);
  expect(await told(7)).toEqual(['DirtyTargets 2']);
  expect(await told(70)).toEqual([]);
  const next = await release(w, { environments, commit: commitOf('2') });
  await deploy(w, next);
  expect(await told()).toEqual([]);
});

test('an apply under way: since when it runs, and who waits for the lease; what it has made dirty is its business', async () => {
  const ref = await release(w, { environments: { dev: [network] } });
  await deploy(w, ref, { stopBefore: 'end apply network' });
  w.running.add(`arn:deployment:${ref.id}:dev`);
  w.jobsRunSince.at = w.now();
  w.advance(125 * MINUTE);
  const next = await release(w, {
    ...{ commit: commitOf('2'), environments: { dev: [network] }, startedAt: '2026-11-20T10:00:00.000Z' },
  });
  const waiting = { environment: 'dev', execution: 'two', token: 'two t' };
  w.running.add('two');
  await lease({ action: 'acquire', release: next, ...waiting }, w.ports);
  w.endedJobs.clear();
  expect(await told()).toEqual(['DeploymentsQueued 1', 'LongestApply 7500']);
});

test('changes that wait for a person, and since when the first of them does', async () => {
  const ref = await release(w, { environments: { dev: [network, database] } });
  const execution = `arn:deployment:${ref.id}:dev`;
  await deploy(w, ref, { stopBefore: 'turn network' });
  w.running.add(`arn:release:${ref.id}`).add(execution).add('flow');
  const ask = async (component: string, requestedAt: string, answer?: object) => {
    const at = { environment: 'dev', component };
    await turn({ release: ref, ...at, execution, fence: 1, token: component, flow: 'flow' }, w.ports);
    await w.ledger.update(ledgerKeys.outcome(7, ref.id, at), { set: { progress: 'approving' } });
    const asked = { attempt: 1, planDigest: 'p', changeDigest: 'c', reason: 'why', requestedAt };
    await w.ledger.put(ledgerKeys.approval(7, ref.id, at), { ...asked, ...(answer && { answer }) });
  };
  await ask('network', '2026-11-20T09:00:00.000Z');
  await ask('database', '2026-11-20T08:30:00.000Z');
  expect(await told()).toEqual(['ApprovalsWaiting 2', 'OldestApproval 5400']);
  const yes = { decision: 'approved', reason: 'yes', by: 'ada', at: '2026-11-20T09:30:00.000Z' };
  await ask('database', '2026-11-20T08:30:00.000Z', yes);
  expect(await told()).toEqual(['ApprovalsWaiting 1', 'OldestApproval 3600']);
});

test('a head that no release comes for, with every sweep until there is one', async () => {
  w.github.head = commitOf('9');
  await noteKnown(w.ledger, { repository: REPOSITORY, environment: 'dev' });
  expect(await told()).toEqual([]);
  w.advance(15 * MINUTE);
  expect(await told()).toEqual(['MissingReleases 1']);
  expect(await told()).toEqual(['MissingReleases 1']);
  const ref = await release(w, { commit: commitOf('9'), environments: { dev: [network] } });
  await w.ledger.put(ledgerKeys.commit(7, commitOf('9')), { release: ref.id });
  expect(await told()).toEqual([]);
});

test('what could not be looked at', async () => {
  await noteKnown(w.ledger, { repository: REPOSITORY, environment: 'dev' });
  const away = async () => Promise.reject(new Error('GitHub could not be reached'));
  w.measured.length = 0;
  await sweep({ ...w.ports, github: { ...w.ports.github, branchHead: away } });
  expect(w.measured).toEqual(['SweepProblems 1']);
});
