/** Checks as `git-status` writes them: what they say, runs that are past, annotations in batches, one kind for a commit. */
import { expect, test } from '@jest/globals';
import { stageKey } from '../../../core/keys.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { COMMIT, outcome, releaseItem, statusWorld } from './world.ts';

const address = { repository: 1, release: '20261121-c0ffee1-1', environment: 'dev', component: 'app' };
const STARTED = '2026-11-21T08:00:01.000Z';

const result = (change: object) =>
  JSON.stringify({
    version: 1,
    stage: 'plan',
    status: 'failed',
    reason: 'no',
    diagnostics: [],
    architecture: 'amd64',
    startedAt: STARTED,
    endedAt: '2026-11-21T08:00:09.000Z',
    ...change,
  });
const problem = (line: number) => ({
  severity: 'error',
  summary: `Problem ${line}`,
  detail: 'It is one.',
  file: 'app/main.tf',
  line,
});

test('the ledger goes to GitHub once, and then only what has changed, in the same runs', async () => {
  const { put, changed, told, github } = await statusWorld();
  await put(outcome('app'));
  await changed();
  await changed();
  expect(told()).toEqual(['belay/dev/app in_progress: planning', 'belay in_progress: 0 of 1 target done']);
  await put(outcome('app', { progress: 'applying', startedAt: STARTED }));
  await changed();
  await put(outcome('app', { outcome: 'applied', startedAt: STARTED, endedAt: '2026-11-21T08:01:01.000Z' }));
  await changed();
  expect(told().slice(2)).toEqual([
    'belay/dev/app in_progress: applying',
    'belay/dev/app success: applied',
    'belay in_progress: 1 of 1 target done',
  ]);
  expect(github.runs.map(({ id, name, external_id }) => [id, name, external_id])).toEqual([
    [1, 'belay/dev/app', '20261121-c0ffee1-1/dev/app'],
    [2, 'belay', '20261121-c0ffee1-1'],
  ]);
});

test('checks of a release that was given up end with the one that took its place, even when the budget is short', async () => {
  const { put, changed, told, github, ledger } = await statusWorld('app', 40);
  await put(outcome('app'));
  await put(outcome('network', { outcome: 'planned' }));
  await changed();
  const next = '20261121-c0ffee1-2';
  await ledger.put(
    ledgerKeys.release(1, next),
    releaseItem({ id: next, verdict: 'waiting', reason: 'a fork' }),
  );
  await ledger.put(ledgerKeys.commit(1, COMMIT), { release: next });
  await changed(next);
  await changed(next);
  expect(told().slice(3)).toEqual([
    'belay/dev/app cancelled: cancelled: not part of release 20261121-c0ffee1-2, the newest of this commit',
    'belay action_required: waiting: a fork',
  ]);
  expect(github.runs.map(({ id, name, external_id }) => [id, name, external_id])).toEqual([
    [1, 'belay/dev/app', '20261121-c0ffee1-2/dev/app'],
    [2, 'belay/dev/network', '20261121-c0ffee1-1/dev/network'],
    [3, 'belay', '20261121-c0ffee1-2'],
  ]);
});

test('what waits for a person has completed; what goes on after it is a new run', async () => {
  const { put, changed, github } = await statusWorld();
  const facts = { planDigest: 'p', changeDigest: 'c' };
  await put(outcome('app', { progress: 'approving', reason: 'it would destroy a', ...facts }));
  await changed();
  expect(github.runs[0]).toMatchObject({ status: 'completed', conclusion: 'action_required' });
  expect(github.runs[0]?.actions.map(({ label }) => label)).toEqual(['Approve', 'Reject', 'Cancel']);
  await put(outcome('app', { progress: 'applying', ...facts }));
  await changed();
  expect(github.runs.map(({ id, name, status, actions }) => [id, name, status, actions.length])).toEqual([
    [1, 'belay/dev/app', 'completed', 3],
    [2, 'belay', 'in_progress', 0],
    [3, 'belay/dev/app', 'in_progress', 0],
  ]);
});

test('the plan is shown, with a pointer to all of it', async () => {
  const { put, changed, github, store } = await statusWorld();
  const change = { actions: ['create'], before: null, after: { bucket: 'logs' } };
  const plan = { resource_changes: [{ address: 'aws_s3_bucket.logs', change }] };
  await store.put(stageKey(address, 'plan', 'plan.json'), JSON.stringify(plan));
  await put(outcome('app', { progress: 'checking', planDigest: 'p', changeDigest: 'c' }));
  await changed();
  expect(github.runs[0]?.output.text).toBe(
    '### Add (1)\n```diff\n+ aws_s3_bucket.logs\n+ bucket: "logs"\n```',
  );
});

test('120 problems are annotated in three calls, and once, however often it is looked at', async () => {
  const { put, changed, told, github, store } = await statusWorld();
  const diagnostics = Array.from({ length: 120 }, (_, index) => problem(index + 1));
  await store.put(stageKey(address, 'plan', 'result.json'), result({ diagnostics }));
  await put(outcome('app', { outcome: 'failed', reason: 'plan failed: no', startedAt: STARTED }));
  await changed();
  await changed();
  expect(told().filter((line) => line.startsWith('belay/dev/app'))).toHaveLength(3);
  expect(github.runs[0]).toMatchObject({ annotations: 120, conclusion: 'failure' });
  expect(github.runs[0]?.output.annotations?.[0]).toMatchObject({ path: 'app/main.tf', start_line: 101 });
});

test('annotations go on where a failure has stopped them', async () => {
  const { put, changed, wait, github, store } = await statusWorld();
  const diagnostics = Array.from({ length: 120 }, (_, index) => problem(index + 1));
  await store.put(stageKey(address, 'plan', 'result.json'), result({ diagnostics }));
  await put(outcome('app', { outcome: 'failed', reason: 'plan failed: no', startedAt: STARTED }));
  let calls = 0;
  github.fails = () => (++calls === 2 ? new Error('connection lost') : undefined);
  await changed();
  expect(github.runs[0]?.annotations).toBe(50);
  await wait(6);
  expect(github.runs.map(({ name, annotations }) => [name, annotations])).toEqual([
    ['belay/dev/app', 120],
    ['belay', 0],
  ]);
});

test('a run with annotations does not say something else later: a new one does', async () => {
  const { put, changed, github, store } = await statusWorld();
  await store.put(stageKey(address, 'plan', 'result.json'), result({ diagnostics: [problem(3)] }));
  await put(outcome('app', { outcome: 'failed', reason: 'plan failed: no', startedAt: STARTED }));
  await changed();
  await put(outcome('app', { outcome: 'applied', startedAt: STARTED }));
  await changed();
  const runs = github.runs.filter(({ name }) => name === 'belay/dev/app');
  expect(runs.map(({ conclusion, annotations }) => [conclusion, annotations])).toEqual([
    ['failure', 1],
    ['success', 0],
  ]);
});

test('protected resources that would go are annotated where they are declared', async () => {
  const { put, changed, github, store, ledger } = await statusWorld();
  const place = { file: 'app/db.tf', line: 12 };
  const counts = { add: 0, change: 0, destroy: 2, replace: 0, import: 0, move: 0, outputs: 0 };
  const plan = {
    changes: counts,
    hasChanges: true,
    summary: '2 to destroy',
    planDigest: 'p',
    changeDigest: 'c',
    removals: [
      { address: 'aws_db_instance.main', type: 'aws_db_instance', replace: true, place },
      { address: 'null_resource.x', type: 'null_resource', replace: false, place },
    ],
    creations: [],
    dependencies: [],
  };
  await store.put(stageKey(address, 'plan', 'result.json'), result({ status: 'succeeded', plan }));
  const policy = {
    approval: 'on-destroy',
    approvers: [],
    selfApproval: false,
    protect: [],
    rollback: 'connected',
  };
  const commit = 'c0ffee1234567890abcdef1234567890abcdef12';
  await ledger.put(ledgerKeys.policies(1, 'dev'), { commit, policies: { app: policy } });
  const entry = {
    ...{ component: 'app', environment: 'dev', path: 'app', tool: 'auto', arch: 'amd64' },
    ...{ needs: [], inputs: {}, env: {}, variables: {}, watch: [], secrets: {}, policy },
  };
  const document = {
    version: 1,
    release: { id: address.release, repository: 1, commit },
    repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
    branch: 'main',
    rootTree: 't',
    environments: [
      { name: 'dev', account: '1', region: 'r', after: [], targets: [{ entry, references: [] }] },
    ],
  };
  await store.put('1/releases/20261121-c0ffee1-1/release.json', JSON.stringify(document));
  const facts = { planDigest: 'p', changeDigest: 'c', startedAt: STARTED };
  await put(outcome('app', { progress: 'approving', reason: 'it would replace (protected)', ...facts }));
  await changed();
  expect(github.runs[0]?.output.annotations).toEqual([
    {
      path: 'app/db.tf',
      start_line: 12,
      end_line: 12,
      annotation_level: 'warning',
      title: 'dev/app would replace aws_db_instance.main',
      message: 'aws_db_instance is protected: its data would be gone. A person must approve this.',
    },
  ]);
});

test('a commit that was shown in statuses stays with statuses, one shown in checks gets none', async () => {
  const statuses = await statusWorld('token');
  await statuses.put(outcome('app'));
  await statuses.changed();
  statuses.github.mode = 'app';
  await statuses.put(outcome('app', { outcome: 'applied' }));
  await statuses.changed();
  expect(statuses.github.runs).toEqual([]);
  expect([...statuses.github.statuses]).toEqual([
    ['belay/dev/app', 'success: applied'],
    ['belay', 'pending: 1 of 1 target done'],
  ]);

  const checks = await statusWorld('app');
  await checks.put(outcome('app'));
  await checks.changed();
  checks.github.mode = 'token';
  await checks.put(outcome('app', { outcome: 'applied' }));
  await checks.changed();
  expect([checks.github.statuses.size, checks.github.runs[0]?.status, checks.queue.length]).toEqual([
    0,
    'in_progress',
    0,
  ]);
  expect(checks.lines.join()).toContain('the commit has checks of the GitHub App');
});
