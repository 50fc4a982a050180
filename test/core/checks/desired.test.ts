import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askedDigest } from '../../../core/checks/buttons.ts';
import { desiredChecks } from '../../../core/checks/desired.ts';
import type { DeploymentItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { JobTimesItem, OutcomeItem } from '../../../core/ledger/work-items.ts';
import { outcomeSchema, releaseVerdictSchema } from '../../../core/words.ts';
import { requestProblems } from '../../../local/github/api/description.ts';

const NONE = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };

const release = (change: Partial<ReleaseItem> = {}): ReleaseItem => ({
  id: '20261121-c0ffee1-1',
  repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: 'c0ffee1234567890abcdef1234567890abcdef12',
  branch: 'main',
  sender: 'mira-lind',
  execution: 'arn:1',
  environments: ['dev', 'prod'],
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
  progress: change.outcome === undefined ? 'planning' : 'ended',
  reason: '',
  ...change,
});

const checksOf = (
  change: { release?: Partial<ReleaseItem>; deployments?: DeploymentItem[]; outcomes?: OutcomeItem[] },
  shown: string[] = [],
) =>
  desiredChecks(
    {
      release: release(change.release),
      deployments: change.deployments ?? [deployment()],
      outcomes: change.outcomes ?? [],
    },
    new Map(shown.map((name) => [name, 'ended'])),
  );

test.each<[Partial<OutcomeItem>, string]>([
  [{ progress: 'waiting' }, 'queued'],
  [{ progress: 'planning' }, 'in_progress'],
  [{ progress: 'applying' }, 'in_progress'],
  [{ progress: 'approving' }, 'completed action_required'],
  [{ outcome: 'unchanged' }, 'completed neutral'],
  [{ outcome: 'planned' }, 'completed success'],
  [{ outcome: 'applied' }, 'completed success'],
  [{ outcome: 'destroyed' }, 'completed success'],
  [{ outcome: 'failed', reason: 'plan failed: no' }, 'completed failure'],
  [{ outcome: 'failed', reason: 'test failed: the job timed out' }, 'completed timed_out'],
  [{ outcome: 'rejected', reason: 'nobody approved it within 24 hours' }, 'completed timed_out'],
  [{ outcome: 'rejected', reason: 'rejected by ada' }, 'completed failure'],
  [{ outcome: 'skipped' }, 'completed skipped'],
  [{ outcome: 'superseded' }, 'completed cancelled'],
  [{ outcome: 'cancelled' }, 'completed cancelled'],
  [{ outcome: 'rolled-back' }, 'completed failure'],
  [{ outcome: 'rollback-failed' }, 'completed failure'],
])('a target that is %o is %s', (change, expected) => {
  const { status, conclusion } = checksOf({ outcomes: [target('app', change)] })[0]?.run ?? {};
  expect([status, conclusion].filter(Boolean).join(' ')).toBe(expected);
});

test('to be rolled back is what a restore is for', () => {
  const outcomes = [target('app', { outcome: 'rolled-back', reason: 'the plan is empty' })];
  const [app, whole] = checksOf({ release: { operation: 'restore' }, outcomes });
  expect([app?.run.conclusion, whole?.run.output.title]).toEqual([
    'success',
    'rollback to last good (asked for by mira-lind): dev: 1 of 1 target done',
  ]);
});

test.each<[ReleaseItem['verdict'], string]>([
  [undefined, 'in_progress'],
  ['waiting', 'completed action_required'],
  ['succeeded', 'completed success'],
  ['nothing-to-do', 'completed neutral'],
  ['failed', 'completed failure'],
  ['refused', 'completed failure'],
  ['superseded', 'completed cancelled'],
  ['cancelled', 'completed cancelled'],
])('a release with the verdict %s is %s', (verdict, expected) => {
  const { status, conclusion } = checksOf({ release: { verdict } }).at(-1)?.run ?? {};
  expect([status, conclusion].filter(Boolean).join(' ')).toBe(expected);
});

test('a target says what it does, waits for, took and changes, and who has the same change', () => {
  const outcomes = [
    target('app', {
      outcome: 'applied',
      reason: '2 added',
      changes: { ...NONE, add: 2 },
      planDigest: 'p1',
      changeDigest: 'c1',
      startedAt: '2026-11-21T08:00:00.000Z',
      endedAt: '2026-11-21T08:03:12.400Z',
    }),
    target('app', { environment: 'prod', progress: 'waiting', changeDigest: 'c1' }),
  ];
  const deployments = [
    deployment(),
    deployment({ environment: 'prod', progress: 'waiting for the lease: 2nd in the queue' }),
  ];
  const [app, waiting, whole] = checksOf({ outcomes, deployments });
  expect(app?.run).toEqual({
    name: 'belay/dev/app',
    external_id: '20261121-c0ffee1-1/dev/app',
    status: 'completed',
    conclusion: 'success',
    started_at: '2026-11-21T08:00:00.000Z',
    completed_at: '2026-11-21T08:03:12.400Z',
    output: {
      title: 'applied: 2 to add',
      summary: `applied: 2 to add

|  |  |
| --- | --- |
| release | \`20261121-c0ffee1-1\` |
| commit | \`c0ffee1\` on \`main\` by \`mira-lind\` |
| change | 2 to add |
| took | 3 min 12 s |
| same change | as \`prod/app\` |`,
    },
    actions: [],
  });
  expect(app?.plans).toEqual([{ targets: ['dev/app'], of: outcomes[0] }]);
  expect(waiting?.run.output.summary).toContain('| waits | waiting for the lease: 2nd in the queue |');
  expect([whole?.run.name, whole?.run.external_id]).toEqual(['belay', '20261121-c0ffee1-1']);
});

test('who is asked has three buttons, tied to the very plan; afterwards none, or one to go on', () => {
  const asking = target('app', {
    progress: 'approving',
    reason: 'it would destroy a',
    planDigest: 'p1',
    changeDigest: 'c1',
  });
  const [check] = checksOf({ outcomes: [asking] });
  expect(check?.run.actions).toEqual([
    { label: 'Approve', description: 'Apply this change as planned', identifier: 'approve:8166a7331170' },
    { label: 'Reject', description: 'Apply nothing of this change', identifier: 'reject:8166a7331170' },
    { label: 'Cancel', description: 'Stop the whole release', identifier: 'cancel' },
  ]);
  expect(check?.annotated).toEqual([asking]);
  expect(askedDigest([{ ...asking, planDigest: 'p2' }])).not.toBe(askedDigest([asking]));
  const failed = target('app', { outcome: 'failed', reason: 'plan failed: no' });
  const identifiers = (verdict: ReleaseItem['verdict']) =>
    checksOf({ release: { verdict }, outcomes: [failed, target('db', { outcome: 'applied' })] }).map(
      ({ run }) => run.actions.map(({ identifier }) => identifier),
    );
  expect(identifiers('failed')).toEqual([['redrive'], [], ['redrive']]);
  expect(identifiers(undefined)).toEqual([[], [], []]);
});

const many = (count: number, change: (index: number) => Partial<OutcomeItem> = () => ({})) =>
  Array.from({ length: count }, (_, index) => target(`c${index}`, change(index)));
const names = (outcomes: OutcomeItem[], shown: string[] = []) =>
  checksOf({ outcomes }, shown).map(({ run }) => run.name);

test('up to 25 affected targets have checks of their own, more share one for each environment', () => {
  expect(names(many(25))).toHaveLength(26);
  expect(names(many(26))).toEqual(['belay/dev', 'belay']);
  const prod = many(6).map((one) => ({ ...one, environment: 'prod' }));
  expect(names([...many(20), ...prod]).slice(19)).toEqual(['belay/dev/c19', 'belay/prod', 'belay']);
  const unaffected = many(60, () => ({ affected: 'unaffected', outcome: 'unchanged' }));
  expect(names([...unaffected, target('app')])).toEqual(['belay/dev/app', 'belay']);
});

test('what an environment was first shown as, it stays', () => {
  expect(names(many(3), ['belay/dev', 'belay'])).toEqual(['belay/dev', 'belay']);
  expect(names(many(30), ['belay/dev/c3'])).toHaveLength(31);
});

test('what an earlier release left open ends with the newest, and not before; what has ended stays as it is', () => {
  const shown = new Map([
    ['belay/dev/app', 'open'],
    ['belay/dev/network', 'open'],
    ['belay/dev/done', 'ended'],
    ['belay/prod', 'open'],
    ['belay', 'open'],
  ] as const);
  const at = (verdict: ReleaseItem['verdict']) =>
    desiredChecks(
      { release: release({ verdict }), deployments: [], outcomes: [target('app', { outcome: 'planned' })] },
      shown,
    ).map(({ run }) => [run.name, run.conclusion]);
  expect(at(undefined)).toEqual([
    ['belay/dev/app', 'success'],
    ['belay', undefined],
  ]);
  for (const verdict of ['refused', 'waiting', 'superseded'] as const)
    expect(at(verdict).slice(0, -1)).toEqual([
      ['belay/dev/app', 'success'],
      ['belay/dev/network', 'cancelled'],
      ['belay/prod', 'cancelled'],
    ]);
});

test('a shared check counts until somebody is asked, and tells all at the end, bad ones first', () => {
  const of = (outcomes: OutcomeItem[], verdict?: DeploymentItem['verdict']) =>
    checksOf({ outcomes, deployments: [deployment({ verdict, reason: 'c7 failed' })] })[0];
  const going = of(many(30, (index) => (index < 10 ? { outcome: 'applied' } : {})));
  expect([going?.run.status, going?.run.output.title]).toEqual(['in_progress', '30 % of 30 targets done']);
  expect(going?.run.output.summary).not.toContain('`dev/c0`');

  const asked = of(
    many(30, (index) => (index < 2 ? { progress: 'approving', planDigest: 'p', changeDigest: 'c' } : {})),
  );
  expect(asked?.run).toMatchObject({
    conclusion: 'action_required',
    output: { title: '0 % of 30 targets done, 2 targets waiting for approval' },
    actions: [{ description: 'Apply all 2 changes as planned' }, {}, {}],
  });
  expect(asked?.plans.map(({ targets }) => targets)).toEqual([['dev/c0', 'dev/c1']]);

  const end = of(
    many(30, (index) =>
      index === 7 ? { outcome: 'failed', reason: 'plan failed: a | b <b>' } : { outcome: 'applied' },
    ),
    'failed',
  );
  expect(end?.run.output.title).toBe('failed: c7 failed');
  expect(end?.run.output.summary.split('\n').find((line) => line.includes('`dev/c'))).toBe(
    '| `dev/c7` | failed |  | plan failed: a \\| b \\<b\\> |',
  );
  expect(end?.annotated.map(({ component }) => component)).toEqual(['c7']);
});

test('the digest changes with what there is to say, and with nothing else', () => {
  const digest = (change: Partial<OutcomeItem>) => checksOf({ outcomes: [target('app', change)] })[0]?.digest;
  expect(digest({ progress: 'planning' })).toBe(digest({ progress: 'planning', inputKey: 'k' }));
  expect(digest({ progress: 'checking', planDigest: 'a' })).not.toBe(
    digest({ progress: 'checking', planDigest: 'b' }),
  );
});

test('a refused manifest is told at its lines', () => {
  const reason = 'belay.yaml:3:5 unknown key `nets`\nbelay.yaml:9:1 dev is there twice\nno components';
  const check = checksOf({ release: { verdict: 'refused', reason, environments: [] } })[0];
  expect(check?.run.output.summary).toContain(
    '- belay.yaml:3:5 unknown key \\`nets\\`\n- belay.yaml:9:1 dev',
  );
  expect(check?.manifestProblems).toBe(reason);
});

test('what was left out is still told when all has ended', () => {
  const note = 'planned as on main until merged: tool of dev/app';
  const ended = { verdict: 'succeeded', reason: 'planned dev', operation: 'plan', note } as const;
  const check = checksOf({ release: ended, outcomes: [target('app', { outcome: 'planned' })] }).at(-1);
  expect(check?.run.output.summary).toContain('| note | planned as on main until merged: tool of dev/app |');
});

test('whatever the ledger says, GitHub takes it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 700 });
  const anyTarget = fc.record({
    outcome: fc.option(fc.constantFrom(...outcomeSchema.options), { nil: undefined }),
    progress: fc.constantFrom('waiting' as const, 'approving' as const, 'applying' as const),
    reason: text,
    planDigest: fc.option(fc.constant('p'), { nil: undefined }),
    changeDigest: fc.constantFrom('a', 'b'),
  });
  fc.assert(
    fc.property(
      fc.option(fc.constantFrom(...releaseVerdictSchema.options), { nil: undefined }),
      text,
      fc.array(anyTarget, { maxLength: 40 }),
      (verdict, reason, targets) => {
        const outcomes = targets.map((change, index) => target(`c${index}`, change));
        for (const { run } of checksOf({ release: { verdict, reason }, outcomes })) {
          const match = {
            operation: 'POST /repos/{owner}/{repo}/check-runs',
            values: { owner: 'acme', repo: 'shop' },
          };
          const body = JSON.parse(JSON.stringify({ ...run, head_sha: 'c0ffee1' }));
          expect(requestProblems(match, new URLSearchParams(), body)).toEqual([]);
          expect(Buffer.byteLength(run.output.summary)).toBeLessThanOrEqual(65_535);
        }
      },
    ),
    { numRuns: 12 },
  );
});

test('a manifest with thousands of problems is refused in as many words as GitHub takes', () => {
  const reason = Array.from(
    { length: 3000 },
    (_, index) => `belay.yaml:${index + 1}:1 ${'no '.repeat(900)}`,
  ).join('\n');
  const summary =
    checksOf({ release: { verdict: 'refused', reason, environments: [] } })[0]?.run.output.summary ?? '';
  expect(Buffer.byteLength(summary)).toBeLessThan(65_535);
  expect(summary).toMatch(/_…and \d+ more problems_$/);
});

test('a table of thousands is cut, and says so', () => {
  const outcomes = many(3000, () => ({ outcome: 'failed', reason: 'x'.repeat(300) }));
  const deployments = [deployment({ verdict: 'failed' })];
  const summary = checksOf({ outcomes, deployments })[0]?.run.output.summary ?? '';
  expect(Buffer.byteLength(summary)).toBeLessThan(65_535);
  expect(summary).toMatch(/_…and \d+ more targets_$/);
});

test('what was answered to a press that came to nothing stands first on that check alone', () => {
  const outcomes = [target('app', { progress: 'approving' })];
  const notice = { on: 'dev/app', text: 'nothing was done for @mira: the *plan* has changed' };
  const [app, all] = checksOf({ outcomes, release: { notice } });
  expect(app?.run.output.summary).toMatch(
    /^> nothing was done for @\u200bmira: the \\\*plan\\\* has changed\n\nwaiting for approval/,
  );
  expect(all?.run.output.summary).not.toContain('nothing was done');
  expect(app?.digest).not.toBe(checksOf({ outcomes })[0]?.digest);
  const onAll = checksOf({ outcomes, release: { notice: { ...notice, on: '' } } });
  expect(onAll.map(({ run }) => run.output.summary.startsWith('> '))).toEqual([false, true]);
});

const job = (component: string): JobTimesItem => ({
  ...{ environment: 'dev', component, pass: 'deploy', stage: 'plan', jobId: `${component}-1` },
  architecture: 'arm64',
  times: {
    ...{ startedAt: '2026-11-21T08:00:00.000Z', endedAt: '2026-11-21T08:01:00.000Z' },
    ...{ failed: false, logBytes: 0, steps: [], size: { vcpu: 1, memory: 2 } },
  },
});
const ended = { verdict: 'succeeded', endedAt: '2026-11-21T08:09:00.000Z' } as const;
const summaryWith = (jobs: JobTimesItem[] | undefined) =>
  desiredChecks({ release: release(ended), deployments: [deployment()], outcomes: [], jobs }, new Map()).at(
    -1,
  )?.run.output.summary ?? '';

test('what a release has cost stands in its own check, a person can redo it', () => {
  const summary = summaryWith([job('network'), job('app')]);
  expect(summary).toContain('<details><summary>Cost: $0.0027</summary>');
  expect(summary).toContain('| `dev/app` | $0.0012 |');
  expect(summary).toContain('0.03333 vCPU-hour × $0.03238 = $0.0011');
  expect(summary).toContain('88 key request × $0.000003 = $0.0003');
  expect(summary).toContain('all other requests, together $0.0001');
  expect(summary).toContain('Prices of us-east-1, read on 2026-10-09');
  expect(summaryWith([])).not.toContain('Cost');
  expect(summaryWith(undefined)).not.toContain('Cost');
});

test('the cost of thousands of targets leaves room for what else is said', () => {
  const outcomes = Array.from({ length: 3000 }, (_, index) =>
    target(`component-${index}`, { outcome: 'applied' }),
  );
  const jobs = outcomes.map(({ component }) => job(component));
  const record = { release: release(ended), deployments: [deployment()], outcomes, jobs };
  const summary = desiredChecks(record, new Map()).at(-1)?.run.output.summary ?? '';
  expect(Buffer.byteLength(summary)).toBeLessThan(65_535);
  expect(summary).toMatch(/_…and \d+ more_/);
  expect(summary).toContain('Prices of us-east-1');
});
