import { beforeEach, expect, test } from '@jest/globals';
import type { JobSpec } from '../../../core/contracts/job.ts';
import { jobTimesSchema } from '../../../core/contracts/job-times.ts';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { admit } from '../../../lambdas/admit/admit.ts';
import { open } from '../../../lambdas/open/open.ts';
import { prepare } from '../../../lambdas/prepare/prepare.ts';
import { commitOf, release, target, type World, world } from '../../support/deployment-world.ts';

let w: World;
let ref: ReleaseRef;
const environmentKey = ledgerKeys.environment(7, 'dev');
const at = (fence: number) => ({
  release: ref,
  environment: 'dev',
  execution: 'e',
  component: 'network',
  fence,
});

/** A deployment holding the lease with this fence, opened. */
async function openedWith(fence: number) {
  await w.ledger.put(environmentKey, {
    ...{ version: fence, fence, seq: fence, queue: [], answers: [], writers: {}, attempted: {} },
    owner: { execution: 'e', release: ref.id, commit: ref.commit },
  });
  await open({ release: ref, environment: 'dev', execution: 'e', fence }, w.ports);
}
/** A prepared job's proof. */
async function job(stage: 'plan' | 'apply', jobId: string, fence = 1) {
  const prepared = await prepare({ ...at(fence), stage }, w.ports);
  if (prepared.decision !== 'run') throw new Error('nothing to run');
  const { nonce } = w.store.json(prepared.job.key) as JobSpec;
  return { job: prepared.job.key, nonce, jobId };
}
const begin = (proof: { job: string; nonce: string; jobId: string }) =>
  admit({ ...proof, action: 'begin' }, w.ports);
const end = (proof: { job: string; nonce: string; jobId: string }) =>
  admit({ ...proof, action: 'end' }, w.ports);
const writers = async () => (await w.ledger.get(environmentKey))?.writers;
const live = async () => (await w.ledger.get(ledgerKeys.target(7, 'dev', 'network')))?.live;

beforeEach(async () => {
  w = world();
  ref = await release(w, { environments: { dev: [target('network')] } });
  await openedWith(1);
});

test('the spec goes to the Batch job that was submitted for it, and to nobody once that has begun', async () => {
  const proof = await job('plan', 'job-1');
  const read = (jobId: string, key = proof.job) => admit({ action: 'read', job: key, jobId }, w.ports);
  w.strayJobs.add('job-of-another-target');
  expect(await read('job-of-another-target')).toEqual({
    decision: 'refused',
    reason: 'Batch knows it as the job of another spec',
  });
  expect(await read('job-1', 'no/such/job.json')).toEqual({
    decision: 'refused',
    reason: 'no job was prepared at no/such/job.json',
  });
  // An answer that was lost is asked for again.
  for (let times = 0; times < 2; times += 1) {
    expect(await read('job-1')).toMatchObject({ decision: 'known', spec: { nonce: proof.nonce, fence: 1 } });
  }
  await begin(proof);
  expect(await read('job-1')).toEqual({ decision: 'refused', reason: 'it has begun already' });
  expect(await read('job-2')).toEqual({ decision: 'refused', reason: 'another Batch job does its work' });
});

test('how long it waited and took is told once, by a job that signs off twice, too', async () => {
  w.measured.length = 0;
  const proof = await job('plan', 'job-1');
  w.advance(41_000);
  for (let times = 0; times < 2; times += 1) await begin(proof);
  w.advance(7_500);
  for (let times = 0; times < 2; times += 1) await end(proof);
  expect(w.measured).toEqual(['JobWait 41', 'StageDuration plan 7.5']);
});

test('a plan is admitted without touching the target', async () => {
  expect(await begin(await job('plan', 'job-1'))).toEqual({ decision: 'admitted' });
  expect(await writers()).toEqual({});
  expect(await live()).toBeUndefined();
});

test('an apply is admitted once the target is dirty and it is its writer; its end signs it off', async () => {
  const proof = await job('apply', 'job-1');
  expect(await begin(proof)).toEqual({ decision: 'admitted' });
  expect(await begin(proof)).toEqual({ decision: 'admitted' });
  expect(await writers()).toEqual({ network: 'job-1' });
  expect(await live()).toEqual({ commit: commitOf('1'), state: 'dirty', fence: 1 });
  expect(await end(proof)).toEqual({ decision: 'ended' });
  expect(await end(proof)).toEqual({ decision: 'ended' });
  expect(await writers()).toEqual({});
  expect(await live()).toEqual({ commit: commitOf('1'), state: 'dirty', fence: 1 });
  expect(await begin(proof)).toEqual({ decision: 'refused', reason: 'it has ended already' });
});

test('a job that found the nonce of another is refused, and the nonce is still good for its own job', async () => {
  const proof = await job('apply', 'job-1');
  w.strayJobs.add('job-of-another-target');
  expect(await begin({ ...proof, jobId: 'job-of-another-target' })).toEqual({
    decision: 'refused',
    reason: 'Batch knows it as the job of another spec',
  });
  expect(await writers()).toEqual({});
  expect(await begin(proof)).toEqual({ decision: 'admitted' });
});

test('a nonce serves one Batch job, and a wrong one none', async () => {
  const proof = await job('plan', 'job-1');
  const wrong = { ...proof, nonce: 'x'.repeat(43) };
  expect(await begin(wrong)).toEqual({ decision: 'refused', reason: 'its nonce is not known' });
  await begin(proof);
  const second = { decision: 'refused', reason: 'its nonce belongs to another Batch job' };
  expect(await begin({ ...proof, jobId: 'job-2' })).toEqual(second);
  expect(await end({ ...proof, jobId: 'job-2' })).toEqual(second);
  expect(await begin({ ...proof, job: 'no/such/job.json' })).toEqual({
    decision: 'refused',
    reason: 'its nonce is not known',
  });
});

test('of two jobs that show one nonce at once only the first is admitted', async () => {
  const proof = await job('plan', 'job-1');
  let isFirst = true;
  const ledger = {
    ...w.ledger,
    async get(...parameters: Parameters<typeof w.ledger.get>) {
      const item = await w.ledger.get(...parameters);
      // The second has looked and found the nonce free: now the first is faster.
      if (isFirst) {
        isFirst = false;
        expect(await begin(proof)).toEqual({ decision: 'admitted' });
      }
      return item;
    },
  };
  const second = await admit({ ...proof, jobId: 'job-2', action: 'begin' }, { ...w.ports, ledger });
  expect(second).toEqual({ decision: 'refused', reason: 'its nonce belongs to another Batch job' });
  expect(await begin(proof)).toEqual({ decision: 'admitted' });
});

test('a late retry of prepare does not lock out the job that has begun', async () => {
  const proof = await job('apply', 'job-1');
  await begin(proof);
  expect(await job('apply', 'job-1')).toEqual(proof);
  expect(await end(proof)).toEqual({ decision: 'ended' });
});

test('a job left in the queue by an execution that was stopped ends as refused; that of its redrive is not disturbed', async () => {
  const [plan, apply] = [await job('plan', 'old-plan'), await job('apply', 'old-apply')];
  await openedWith(2);
  const [nextPlan, nextApply] = [await job('plan', 'new-plan', 2), await job('apply', 'new-apply', 2)];
  expect(nextPlan.job).not.toBe(plan.job);
  const superseded = { decision: 'refused', reason: 'its deployment does not hold the lease any more' };
  for (const proof of [plan, apply]) expect(await begin(proof)).toEqual(superseded);
  for (const proof of [nextPlan, nextApply]) expect(await begin(proof)).toEqual({ decision: 'admitted' });
  for (const proof of [plan, apply]) expect(await end(proof)).toEqual({ decision: 'ended' });
  expect(await writers()).toEqual({ network: 'new-apply' });
});

test('a job for a plan that was replaced ends as refused', async () => {
  const first = await job('apply', 'job-1');
  await w.ledger.update(ledgerKeys.outcome(7, ref.id, { environment: 'dev', component: 'network' }), {
    set: { round: 1 },
  });
  const second = await job('apply', 'job-2');
  expect(second.job).not.toBe(first.job);
  expect(await begin(first)).toEqual({
    decision: 'refused',
    reason: 'its target was planned again since: another job does its work',
  });
  expect(await begin(second)).toEqual({ decision: 'admitted' });
});

test('another writer that is alive is waited for, one whose job has ended is replaced', async () => {
  const proof = await job('apply', 'job-2');
  await w.ledger.update(environmentKey, { set: { writers: { network: 'job-1', other: 'job-9' } } });
  expect(await begin(proof)).toEqual({ decision: 'wait', writer: 'job-1' });
  expect(await live()).toBeUndefined();
  w.endedJobs.add('job-1');
  expect(await begin(proof)).toEqual({ decision: 'admitted' });
  expect(await writers()).toEqual({ network: 'job-2', other: 'job-9' });
});

test('a job of a deployment that lost the lease is refused and touches nothing', async () => {
  const proof = await job('apply', 'job-1');
  const refused = { decision: 'refused', reason: 'its deployment does not hold the lease any more' };
  await w.ledger.update(environmentKey, { remove: ['owner'] });
  expect(await begin(proof)).toEqual(refused);
  await openedWith(2);
  expect(await begin(proof)).toEqual(refused);
  expect(await live()).toBeUndefined();
  expect(await writers()).toEqual({});
});

test('the lease that is lost between looking and writing refuses the job', async () => {
  const proof = await job('apply', 'job-1');
  const ledger = {
    ...w.ledger,
    async update(...parameters: Parameters<typeof w.ledger.update>) {
      const changed = await w.ledger.update(...parameters);
      // The target has just been marked dirty: now the lease goes on.
      if (parameters[0].sk === 'target/network') await openedWith(2);
      return changed;
    },
  };
  const answer = await admit({ ...proof, action: 'begin' }, { ...w.ports, ledger });
  expect(answer.decision).toBe('refused');
  expect(await writers()).toEqual({});
});

test('the machine learns whether a writer it lost sight of has ended', async () => {
  const ask = () =>
    admit({ action: 'has-ended', repository: 7, environment: 'dev', component: 'network' }, w.ports);
  expect(await ask()).toEqual({ decision: 'ended' });
  await begin(await job('apply', 'job-1'));
  expect(await ask()).toEqual({ decision: 'running', writer: 'job-1' });
  w.endedJobs.add('job-1');
  expect(await ask()).toEqual({ decision: 'ended' });
  expect(await writers()).toEqual({});
});

test('60 writers of one environment begin and end at once', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `c${n}`);
  ref = await release(w, { environments: { dev: names.map((name) => target(name)) } });
  await openedWith(2);
  const proofs = await Promise.all(
    names.map(async (component) => {
      const prepared = await prepare({ ...at(2), component, stage: 'apply' }, w.ports);
      if (prepared.decision !== 'run') throw new Error('nothing to run');
      const { nonce } = w.store.json(prepared.job.key) as JobSpec;
      return { job: prepared.job.key, nonce, jobId: `job of ${component}` };
    }),
  );
  const answers = await Promise.all(proofs.map(begin));
  expect(answers.every(({ decision }) => decision === 'admitted')).toBe(true);
  expect(Object.keys((await writers()) as object)).toHaveLength(60);
  await Promise.all(proofs.map(end));
  expect(await writers()).toEqual({});
});

test('the last writer of a deployment that was stopped hands the lease on', async () => {
  const [first, second] = [
    await job('apply', 'job-1'),
    { execution: 'waiting', release: 'r', tokens: ['t'] },
  ];
  await begin(first);
  const queued = {
    ...second,
    commit: commitOf('2'),
    branch: 'main',
    startedAt: '2026-11-20T10:00:00Z',
    seq: 2,
  };
  await w.ledger.update(environmentKey, { set: { queue: [queued] } });
  w.running.add('e').add('waiting');
  await end(first);
  expect(w.sent.has('t')).toBe(false);

  await w.ledger.update(environmentKey, { set: { writers: { network: 'job-1', app: 'job-2' } } });
  w.running.delete('e');
  await end(first);
  expect(w.sent.has('t')).toBe(false);
  await w.ledger.update(environmentKey, { set: { writers: { network: 'job-1' } } });
  await end(first);
  expect(w.sent.get('t')).toEqual({ decision: 'granted', fence: 2 });
  expect(await w.ledger.get(environmentKey)).toMatchObject({
    ...{ queue: [], answers: [], writers: {} },
    owner: { execution: 'waiting' },
  });
});

test('a job of a cancelled release is not admitted, and touches nothing', async () => {
  const proof = await job('apply', 'job-1');
  const cancelled = { by: 'mira', at: '2026-11-20T10:00:00.000Z' };
  await w.ledger.update(ledgerKeys.release(7, ref.id), { set: { cancelled } });
  expect(await begin(proof)).toEqual({ decision: 'refused', reason: 'its release was cancelled by mira' });
  expect(await writers()).toEqual({});
  expect(await live()).toBeUndefined();
});

const TIMES = {
  startedAt: '2026-11-21T08:00:40.000Z',
  endedAt: '2026-11-21T08:01:00.000Z',
  pull: { startedAt: '2026-11-21T08:00:20.000Z', endedAt: '2026-11-21T08:00:35.000Z' },
  size: { vcpu: 1, memory: 2 },
  failed: false,
  logBytes: 1000,
  steps: [{ name: 'init', startedAt: '2026-11-21T08:00:42.000Z', endedAt: '2026-11-21T08:00:50.000Z' }],
};

test('how a job spent its time is kept, and is a segment of its release: what it waited for, then its steps', async () => {
  const proof = await job('plan', 'job-1');
  await begin(proof);
  await admit({ ...proof, action: 'end', times: TIMES }, w.ports);
  expect(await w.ledger.get(ledgerKeys.jobTimes(7, ref.id, 'job-1'))).toMatchObject({
    ...{ environment: 'dev', component: 'network', pass: 'deploy', stage: 'plan', architecture: 'arm64' },
    times: TIMES,
  });
  // Its release began without a trace.
  expect(w.ports.segments.sent).toEqual([]);
});

test('a job of a release with a trace is a segment of it', async () => {
  const trace = 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  ref = { ...ref, trace };
  const proof = await job('plan', 'job-1');
  await begin(proof);
  await admit({ ...proof, action: 'end', times: { ...TIMES, failed: true } }, w.ports);
  const [segment, ...others] = w.ports.segments.sent;
  expect(others).toEqual([]);
  expect(segment).toMatchObject({
    name: 'belay plan',
    endedAt: new Date('2026-11-21T08:01:00.000Z'),
    trace: { root: '1-6b014f80-bd862e3fe1be46a994272793', parent: '53995c3f42cd8ad8' },
    failed: true,
    annotations: { release: ref.id, target: 'dev/network', pass: 'deploy' },
  });
  expect(segment?.parts.map(({ name }) => name)).toEqual(expect.arrayContaining(['pull', 'start', 'init']));
});

test('times of another job, or under words that are none of the executor, are not taken', async () => {
  const proof = await job('plan', 'job-1');
  await begin(proof);
  const other = { ...proof, jobId: 'job-2', action: 'end' as const, times: TIMES };
  expect(await admit(other, w.ports)).toMatchObject({ decision: 'refused' });
  expect(await w.ledger.get(ledgerKeys.jobTimes(7, ref.id, 'job-2'))).toBeUndefined();
  for (const name of ['<script>', 'Init', '', 'x'.repeat(31)]) {
    const steps = [{ ...TIMES.steps[0], name }];
    expect(jobTimesSchema.safeParse({ ...TIMES, steps }).success).toBe(false);
  }
});
