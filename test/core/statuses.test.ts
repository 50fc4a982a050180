import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { targetContext } from '../../core/checks/layout.ts';
import type { DeploymentItem, ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { changedStatuses, description } from '../../core/statuses.ts';
import { outcomeSchema, releaseVerdictSchema } from '../../core/words.ts';

const release = (change: Partial<ReleaseItem> = {}): ReleaseItem => ({
  id: '20261121-c0ffee1-1',
  repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: 'c0ffee1234567890abcdef1234567890abcdef12',
  branch: 'main',
  sender: 'mira-lind',
  execution: 'arn:1',
  environments: ['dev'],
  reason: 'deploying to dev',
  startedAt: '2026-11-21T08:00:00.000Z',
  ...change,
});

const deployment = (change: Partial<DeploymentItem> = {}): DeploymentItem => ({
  environment: 'dev',
  execution: 'arn:2',
  progress: 'deploying',
  reason: '',
  ...change,
});

const target = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  environment: 'dev',
  component,
  attempt: 1,
  affected: 'changed',
  progress: change.outcome === undefined ? 'waiting' : 'ended',
  reason: '',
  ...change,
});

const NONE = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };

/** The statuses of a commit that has none yet, as `context: state description`. */
const shown = (one: ReleaseItem, deployments: DeploymentItem[], outcomes: OutcomeItem[]) =>
  changedStatuses({ release: one, deployments, outcomes }, []).map(
    (status) => `${status.context}: ${status.state} ${status.description}`,
  );

const ofTarget = (change: Partial<OutcomeItem>) => shown(release(), [], [target('app', change)])[0];

const ofRelease = (
  change: Partial<ReleaseItem>,
  deployments: DeploymentItem[] = [],
  outcomes: OutcomeItem[] = [],
) => shown(release(change), deployments, outcomes).at(-1);

test.each<[Partial<OutcomeItem>, string]>([
  [{ progress: 'waiting' }, 'pending waiting for its turn'],
  [{ progress: 'planning' }, 'pending planning'],
  [{ progress: 'checking', changes: { ...NONE, add: 1 } }, 'pending checking the plan'],
  [
    { progress: 'applying', changes: { ...NONE, add: 2, destroy: 1 } },
    'pending applying: 2 to add, 1 to destroy',
  ],
  [{ progress: 'testing' }, 'pending testing'],
  [{ outcome: 'applied', changes: { ...NONE, add: 2, change: 1 } }, 'success applied: 2 to add, 1 to change'],
  [{ outcome: 'applied', changes: { ...NONE, outputs: 1 } }, 'success applied: 1 output to change'],
  [
    {
      outcome: 'applied',
      changes: { add: 1, change: 2, destroy: 3, replace: 4, import: 5, move: 6, outputs: 7 },
    },
    'success applied: 1 to add, 2 to change, 4 to replace, 3 to destroy, 5 to import, 6 to move, 7 outputs to change',
  ],
  [{ outcome: 'applied', reason: 'migrations up to 7' }, 'success applied: migrations up to 7'],
  [{ outcome: 'destroyed', changes: { ...NONE, destroy: 3 } }, 'success destroyed: 3 to destroy'],
  [{ outcome: 'unchanged', reason: 'the plan is empty' }, 'success unchanged: the plan is empty'],
  [{ outcome: 'planned', reason: 'deferred: network' }, 'success planned: deferred: network'],
  [
    { outcome: 'failed', reason: 'plan failed: no such region', changes: { ...NONE, add: 1 } },
    'failure failed: plan failed: no such region',
  ],
  [{ outcome: 'skipped', reason: 'network failed' }, 'failure skipped: network failed'],
  [
    { outcome: 'rolled-back', reason: 'rolled back to 1a2b3c4 after: test failed' },
    'failure rolled back to 1a2b3c4 after: test failed',
  ],
  [{ outcome: 'rollback-failed' }, 'failure rollback-failed'],
  [{ outcome: 'rejected', reason: 'approval: always' }, 'failure rejected: approval: always'],
  [{ outcome: 'superseded', reason: 'by a newer push' }, 'failure superseded: by a newer push'],
  [{ outcome: 'cancelled' }, 'failure cancelled'],
])('a target that is %j', (change, expected) => {
  expect(ofTarget(change)).toBe(`belay/dev/app: ${expected}`);
});

test('before anything is deployed the release says what it does', () => {
  expect(ofRelease({ environments: [], reason: 'reading the commit' })).toBe(
    'belay: pending reading the commit',
  );
  expect(ofRelease({}, [deployment({ progress: 'waiting for the lease: 2nd in the queue' })])).toBe(
    'belay: pending waiting for the lease: 2nd in the queue',
  );
});

test('while it deploys, the release counts the affected targets of the environment it is in', () => {
  const outcomes = [
    target('network', { outcome: 'applied' }),
    target('app', { progress: 'planning' }),
    target('queue', { affected: 'downstream' }),
    target('docs', { affected: 'unaffected', outcome: 'unchanged' }),
  ];
  expect(ofRelease({}, [deployment()], outcomes)).toBe('belay: pending 1 of 3 targets done');
  const [first] = outcomes;
  expect(ofRelease({}, [deployment()], first && [first])).toBe('belay: pending 1 of 1 target done');

  const both = { environments: ['dev', 'prod'] };
  const prod = target('network', { environment: 'prod' });
  const deployments = [deployment({ verdict: 'succeeded' }), deployment({ environment: 'prod' })];
  expect(ofRelease(both, deployments, [...outcomes, prod])).toBe('belay: pending prod: 0 of 1 target done');
  expect(ofRelease(both, [deployment({ verdict: 'succeeded' })], outcomes)).toBe(
    'belay: pending between two environments',
  );
});

test.each<[Partial<ReleaseItem>, OutcomeItem[], string]>([
  [
    { verdict: 'succeeded' },
    [
      target('a', { outcome: 'applied' }),
      target('b', { outcome: 'applied' }),
      target('c', { outcome: 'unchanged', affected: 'unaffected' }),
    ],
    'success 3 targets: 2 applied, 1 unchanged',
  ],
  [
    { verdict: 'failed', reason: 'dev failed' },
    [
      target('a', { outcome: 'failed' }),
      target('b', { outcome: 'applied' }),
      target('c', { outcome: 'skipped' }),
    ],
    'failure 3 targets: 1 applied, 1 failed, 1 skipped',
  ],
  [
    { verdict: 'failed', reason: 'the lease could not be taken' },
    [],
    'failure failed: the lease could not be taken',
  ],
  [{ verdict: 'waiting', reason: 'for a person' }, [], 'pending waiting: for a person'],
  [
    { verdict: 'superseded', reason: 'by 20261121-beef000-1' },
    [],
    'failure superseded: by 20261121-beef000-1',
  ],
  [{ verdict: 'cancelled', reason: '' }, [], 'failure cancelled'],
  [{ verdict: 'nothing-to-do', reason: '' }, [], 'success nothing to do'],
  [
    { verdict: 'nothing-to-do', reason: 'there is no belay.yaml at the root of c0ffee1' },
    [],
    'success nothing to do: there is no belay.yaml at the root of c0ffee1',
  ],
  [
    { verdict: 'refused', reason: 'belay.yaml:3:5 unknown key `nets`' },
    [],
    'failure refused: belay.yaml:3:5 unknown key `nets`',
  ],
  [
    { verdict: 'refused', reason: 'belay.yaml:3:5 unknown key\nbelay.yaml:4:1 other\nbelay.yaml:5:1 third' },
    [],
    'failure refused: (1 of 3 problems) belay.yaml:3:5 unknown key',
  ],
])('a release that ended %j', (change, outcomes, expected) => {
  expect(ofRelease(change, [], outcomes)).toBe(`belay: ${expected}`);
});

test('unaffected targets get no status, unless an earlier release of the commit left one', () => {
  const outcomes = [
    target('app', { outcome: 'applied' }),
    target('docs', { affected: 'unaffected', outcome: 'unchanged', reason: 'not affected' }),
    target('logs', { affected: 'unaffected', outcome: 'unchanged', reason: 'not affected' }),
  ];
  const left = { context: 'belay/dev/docs', state: 'pending', description: 'planning' };
  const record = { release: release(), deployments: [], outcomes };
  expect(changedStatuses(record, [left])).toEqual([
    { context: 'belay/dev/app', state: 'success', description: 'applied' },
    { context: 'belay/dev/docs', state: 'success', description: 'unchanged: not affected' },
    { context: 'belay', state: 'pending', description: 'deploying to dev' },
  ]);
});

test('what an earlier release of the commit left pending fails when the newest ends without it', () => {
  const written = [
    { context: 'belay/dev/app', state: 'pending', description: 'planning' },
    { context: 'belay/dev/network', state: 'success', description: 'planned' },
  ];
  const of = (change: Partial<ReleaseItem>) =>
    changedStatuses({ release: release(change), deployments: [], outcomes: [] }, written);
  expect(of({}).map(({ context }) => context)).toEqual(['belay']);
  expect(of({ verdict: 'refused', reason: 'belay.yaml: no' })).toEqual([
    {
      context: 'belay/dev/app',
      state: 'failure',
      description: 'cancelled: not part of release 20261121-c0ffee1-1, the newest of this commit',
    },
    { context: 'belay', state: 'failure', description: 'refused: belay.yaml: no' },
  ]);
});

test('what was written already is not written again', () => {
  const record = {
    release: release(),
    deployments: [],
    outcomes: [target('app'), target('db')],
  };
  const all = changedStatuses(record, []);
  expect(all).toHaveLength(3);
  expect(changedStatuses(record, all)).toEqual([]);
  const [app, ...others] = all;
  const old = { context: 'belay/dev/app', state: 'success', description: 'applied' };
  expect(changedStatuses(record, [old, ...others])).toEqual([app]);
});

test('more than 25 targets are told as one environment, counted in steps, and stay so', () => {
  const many = (done: number) =>
    Array.from({ length: 30 }, (_, index) =>
      target(`c${index}`, index < done ? { outcome: 'applied' } : { progress: 'planning' }),
    );
  const at = (done: number) => shown(release(), [deployment()], many(done));
  expect(at(0)).toEqual([
    'belay/dev: pending 0 % of 30 targets done',
    'belay: pending 0 % of 30 targets done',
  ]);
  expect(at(29)[0]).toBe('belay/dev: pending 95 % of 30 targets done');
  const written = [{ context: 'belay/dev', state: 'pending', description: '' }];
  const few = {
    release: release(),
    deployments: [deployment()],
    outcomes: [target('one', { progress: 'approving' })],
  };
  expect(changedStatuses(few, written)[0]).toMatchObject({
    context: 'belay/dev',
    description: '0 of 1 target done, 1 target waiting for approval',
  });
  const ended = { ...few, deployments: [deployment({ verdict: 'failed', reason: 'c1 failed' })] };
  expect(changedStatuses(ended, written)[0]).toMatchObject({
    state: 'failure',
    description: 'failed: c1 failed',
  });
});

test('an hour in which GitHub could not be told is told', () => {
  const delay = { since: '2026-11-21T08:00:00.000Z', until: '2026-11-21T09:02:00.000Z' };
  const record = { release: release({ verdict: 'succeeded', reason: '' }), deployments: [], outcomes: [] };
  expect(changedStatuses({ ...record, delay }, [])).toMatchObject([
    { description: '(delayed: GitHub could not be told for 62 minutes) succeeded' },
  ]);
  const short = { ...delay, until: '2026-11-21T08:04:00.000Z' };
  expect(changedStatuses({ ...record, delay: short }, [])).toMatchObject([{ description: 'succeeded' }]);
});

test('a description is cut after a word', () => {
  const words = `failed: apply failed: ${'creating the load balancer took too long, '.repeat(5)}`;
  expect(description(words)).toBe(
    'failed: apply failed: creating the load balancer took too long, creating the load balancer took too long, creating the load balancer took…',
  );
  expect(description('x'.repeat(141))).toBe(`${'x'.repeat(139)}…`);
  expect(description('x'.repeat(140))).toBe('x'.repeat(140));
  expect(description('two\n  lines\t here ')).toBe('two lines here');
});

test('contexts that are too long stay distinct', () => {
  const long = 'c'.repeat(300);
  const one = targetContext('dev', `${long}1`);
  const other = targetContext('dev', `${long}2`);
  expect(one).toHaveLength(255);
  expect(other).toHaveLength(255);
  expect(one).not.toBe(other);
  expect(one.startsWith('belay/dev/ccc')).toBe(true);
  expect(targetContext('dev', 'c'.repeat(245))).toBe(`belay/dev/${'c'.repeat(245)}`);
});

test('whatever the ledger says, GitHub takes it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc
      .array(fc.constantFrom('plan', 'failed:', '🛒', '\n', 'aws_db_instance.main'), { maxLength: 60 })
      .map((w) => w.join(' ')),
  );
  const anyTarget = fc.record({
    component: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
    outcome: fc.option(fc.constantFrom(...outcomeSchema.options), { nil: undefined }),
    progress: fc.constantFrom('waiting' as const, 'planning' as const, 'applying' as const, 'ended' as const),
    reason: text,
    changes: fc.option(
      fc.record({
        add: fc.nat(),
        change: fc.nat(),
        destroy: fc.nat(),
        replace: fc.nat(),
        import: fc.nat(),
        move: fc.nat(),
        outputs: fc.nat(),
      }),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(
      fc.option(fc.constantFrom(...releaseVerdictSchema.options), { nil: undefined }),
      text,
      fc.array(anyTarget, { maxLength: 4 }),
      (verdict, reason, targets) => {
        const record = {
          release: release({ verdict, reason }),
          deployments: [deployment({ progress: reason })],
          outcomes: targets.map(({ component, ...change }) => target(component, change)),
        };
        const statuses = changedStatuses(record, []);
        for (const status of statuses) {
          expect(status.description.length).toBeLessThanOrEqual(140);
          expect(status.description).not.toMatch(/\n|^\s|\s$/);
          expect(status.context.length).toBeLessThanOrEqual(255);
          expect(['error', 'failure', 'pending', 'success']).toContain(status.state);
          // No half of a character: it could not be sent as UTF-8.
          if (reason.isWellFormed()) expect(status.description.isWellFormed()).toBe(true);
        }
      },
    ),
  );
});

test.each([
  ['succeeded', 'success'],
  ['failed', 'failure'],
] as const)('what left the manifest is told of a release that %s', (verdict, state) => {
  const outcome = verdict === 'succeeded' ? 'applied' : 'failed';
  const one = deployment({ verdict, orphans: ['old', 'older'] });
  expect(
    ofRelease({ verdict }, [one, deployment({ environment: 'prod' })], [target('app', { outcome })]),
  ).toBe(`belay: ${state} 1 target: 1 ${outcome}; orphaned: dev/old, dev/older`);
});

const DESTROYS = { commit: '1'.repeat(40), document: 'last-good.json' };
const asked = { sender: 'mira' };

test.each<[Partial<ReleaseItem>, Partial<OutcomeItem>, string[]]>([
  [
    { ...asked, operation: 'destroy' },
    { progress: 'applying', destroys: DESTROYS, changes: { ...NONE, destroy: 1 } },
    [
      'belay/dev/app: pending destroying: 1 to destroy',
      'belay: pending destroy (asked for by mira): deploying to dev',
    ],
  ],
  [
    { sender: 'belay', operation: 'destroy', because: 'ttl', verdict: 'succeeded' },
    { outcome: 'destroyed', destroys: DESTROYS, changes: { ...NONE, destroy: 1 } },
    ['belay/dev/app: success destroyed: 1 to destroy', 'belay: success destroy (ttl): 1 target: 1 destroyed'],
  ],
  [
    { ...asked, operation: 'restore', verdict: 'succeeded' },
    { outcome: 'rolled-back', reason: 'rolled back to 1111111 after: mira asked for it' },
    [
      'belay/dev/app: success rolled back to 1111111 after: mira asked for it',
      'belay: success rollback to last good (asked for by mira): 1 target: 1 rolled-back',
    ],
  ],
  [
    { ...asked, operation: 'rollback', verdict: 'failed' },
    { outcome: 'rolled-back', reason: 'rolled back to 2222222 after: test failed' },
    [
      'belay/dev/app: failure rolled back to 2222222 after: test failed',
      'belay: failure rollback (asked for by mira): 1 target: 1 rolled-back',
    ],
  ],
])('what a person asked for is told as that: %#', (change, outcome, expected) => {
  expect(shown(release(change), [], [target('app', outcome)])).toEqual(expected);
});
