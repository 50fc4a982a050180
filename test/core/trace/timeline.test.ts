import { expect, test } from '@jest/globals';
import type { DeploymentItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { JobTimesItem, OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { ReleaseFacts, TargetFacts } from '../../../core/trace/facts.ts';
import { timelineOf } from '../../../core/trace/timeline.ts';
import { timelinePage } from '../../../core/trace/timeline-page.ts';

const BEGAN = Date.parse('2026-11-21T08:00:00.000Z');
const at = (seconds: number) => new Date(BEGAN + seconds * 1000).toISOString();
const NOW = new Date(BEGAN + 1000_000);

const release = (change: Partial<ReleaseItem> = {}) =>
  ({
    id: '20261121-c0ffee1-1',
    trace: 'Root=1-6b014f80-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
    startedAt: at(0),
    endedAt: at(100),
    verdict: 'succeeded',
    ...change,
  }) as ReleaseItem;
const deployment = (environment: string, asked: number, opened: number, ended: number) =>
  ({
    ...{ environment, verdict: 'succeeded' },
    ...{ askedAt: at(asked), openedAt: at(opened), endedAt: at(ended) },
  }) as DeploymentItem;

interface Order {
  readonly from: number;
  readonly to: number;
  readonly related?: readonly string[];
  readonly jobs?: readonly JobTimesItem[];
  readonly pass?: TargetFacts['pass'];
  readonly approval?: readonly [number, number];
}
const target = (
  name: string,
  { from, to, related = [], jobs = [], pass = 'deploy', approval }: Order,
): TargetFacts => {
  const [environment = '', component = ''] = name.split('/');
  return {
    ...{ pass, jobs, related: new Set(related) },
    outcome: {
      environment,
      component,
      outcome: 'applied',
      startedAt: at(from),
      endedAt: at(to),
    } as OutcomeItem,
    approval: approval && {
      ...{ attempt: 1, changeDigest: '', planDigest: '', reason: '', requestedAt: at(approval[0]) },
      answer: { decision: 'approved', reason: '', by: 'ada', at: at(approval[1]) },
    },
  };
};
const job = (stage: 'plan' | 'apply', from: number): JobTimesItem =>
  ({
    ...{ environment: 'dev', component: 'app', pass: 'deploy', stage, jobId: `${stage}-${from}` },
    ...{ architecture: 'arm64', preparedAt: at(from) },
    times: {
      ...{ startedAt: at(from + 5), endedAt: at(from + 10), failed: false, logBytes: 0 },
      pull: { startedAt: at(from + 2), endedAt: at(from + 4) },
      steps: [{ name: stage, startedAt: at(from + 6), endedAt: at(from + 9) }],
    },
  }) as JobTimesItem;

const facts = (targets: readonly TargetFacts[], change: Partial<ReleaseFacts> = {}): ReleaseFacts => ({
  release: release(),
  deployments: [deployment('dev', 2, 5, 95)],
  targets,
  ...change,
});
const pathOf = (of: ReleaseFacts) =>
  timelineOf(of, NOW).path.map(({ row, work, wait }) => `${row} ${work / 1000}+${wait / 1000}`);

test('the path goes from the request through those that were waited for to the end, and adds up', () => {
  const found = facts([
    target('dev/network', { from: 6, to: 30, related: ['database'] }),
    target('dev/database', { from: 31, to: 60, related: ['network', 'app'] }),
    target('dev/app', { from: 62, to: 90, related: ['database'] }),
    // Ends before the app begins, and has nothing to do with it.
    target('dev/side', { from: 6, to: 61 }),
  ]);
  expect(pathOf(found)).toEqual([
    'release 2+0',
    'dev 0+3',
    'dev/network 25+0',
    'dev/database 30+0',
    'dev/app 30+0',
    'dev 5+0',
    'release 5+0',
  ]);
  const { path, from, to } = timelineOf(found, NOW);
  expect(path.reduce((sum, { work, wait }) => sum + work + wait, 0)).toBe(to - from);
});

test('a job waits for its queue and its image, a change for a person; what lies between is Belay itself', () => {
  const jobs = [job('plan', 11), job('apply', 61)];
  const { rows, path } = timelineOf(
    facts([target('dev/app', { from: 10, to: 75, jobs, approval: [22, 60] })]),
    NOW,
  );
  const app = rows.find(({ name }) => name === 'dev/app');
  const shown = app?.spans.map(({ name, kind, from, to }) => [
    name,
    kind,
    (from - BEGAN) / 1000,
    (to - BEGAN) / 1000,
  ]);
  expect(shown).toEqual([
    ['turn', 'wait', 5, 10],
    ['belay', 'work', 10, 11],
    ['plan: queue', 'wait', 11, 13],
    ['plan: pull', 'wait', 13, 15],
    ['plan: start', 'wait', 15, 16],
    ['belay', 'work', 16, 17],
    ['plan', 'work', 17, 20],
    ['belay', 'work', 20, 22],
    ['approval', 'wait', 22, 60],
    ['belay', 'work', 60, 61],
    ['apply: queue', 'wait', 61, 63],
    ['apply: pull', 'wait', 63, 65],
    ['apply: start', 'wait', 65, 66],
    ['belay', 'work', 66, 67],
    ['apply', 'work', 67, 70],
    ['belay', 'work', 70, 75],
  ]);
  expect(path[2]).toMatchObject({ row: 'dev/app', wait: 48_000, work: 22_000 });
  expect(path[2]?.parts[0]).toEqual({ name: 'approval', kind: 'wait', ms: 38_000 });
});

test('environments come one after another; of a plan, which has them side by side, only the last counts', () => {
  const deployments = [deployment('dev', 2, 5, 40), deployment('prod', 3, 6, 60)];
  const targets = [target('dev/app', { from: 6, to: 39 }), target('prod/app', { from: 7, to: 59 })];
  const plan = facts(targets, { deployments, release: release({ operation: 'plan' }) });
  expect(pathOf(plan)).toEqual(['release 2+0', 'prod 1+3', 'prod/app 53+0', 'prod 1+0', 'release 40+0']);
  const later = [deployment('dev', 2, 5, 40), deployment('prod', 41, 42, 60)];
  const after = [target('dev/app', { from: 6, to: 39 }), target('prod/app', { from: 43, to: 59 })];
  expect(pathOf(facts(after, { deployments: later }))).toEqual([
    'release 2+0',
    'dev 0+3',
    'dev/app 34+0',
    'dev 1+0',
    'prod 1+1',
    'prod/app 17+0',
    'prod 1+0',
    'release 40+0',
  ]);
});

test('the way back comes after what failed, dependents first', () => {
  const targets = [
    target('dev/network', { from: 6, to: 20, related: ['app'] }),
    target('dev/app', { from: 21, to: 40, related: ['network'] }),
    target('dev/app', { from: 45, to: 60, related: ['network'], pass: 'reverse' }),
    target('dev/network', { from: 61, to: 90, related: ['app'], pass: 'reverse' }),
  ];
  expect(timelineOf(facts(targets), NOW).path.map(({ row }) => row)).toEqual([
    'release',
    'dev',
    'dev/network',
    'dev/app',
    'dev/app rollback',
    'dev/network rollback',
    'dev',
    'release',
  ]);
});

test('what has not ended lasts until now, and a release without a deployment is a row of its own', () => {
  const { endedAt: _, verdict: __, ...open } = release();
  const { rows, to, path } = timelineOf(facts([], { release: open as ReleaseItem, deployments: [] }), NOW);
  expect(to).toBe(NOW.getTime());
  expect(rows).toEqual([
    { name: 'release', end: '', spans: [{ name: 'resolve', kind: 'work', from: BEGAN, to: NOW.getTime() }] },
  ]);
  expect(path).toMatchObject([{ row: 'release', work: 1000_000 }]);
});

test('what an attempt before the last one did is past', () => {
  const targets = [target('dev/app', { from: 6, to: 90 }), target('dev/old', { from: -50, to: -20 })];
  expect(timelineOf(facts(targets), NOW).rows.map(({ name }) => name)).toEqual(['release', 'dev', 'dev/app']);
});

test('the page says everything in words too, and names of people are no markup', () => {
  const targets = [target('dev/<b>', { from: 6, to: 90, jobs: [job('plan', 11)] })];
  const page = timelinePage(timelineOf(facts(targets), NOW));
  expect(page).toContain('1 min 40 s');
  expect(page).toContain('trace 1-6b014f80-bd862e3fe1be46a994272793');
  expect(page).toContain(
    'aria-label="dev/&lt;b&gt;: turn 1.0 s (wait), belay 5.0 s (work), plan: queue 2.0 s (wait)',
  );
  expect(page).not.toContain('<b>');
  expect(page).not.toMatch(/<script|src=|href=|url\(/);
});

test('targets that need each other in turn and were given up in one moment do not go round in a circle', () => {
  const targets = [
    target('dev/network', { from: 50, to: 50, related: ['app'] }),
    target('dev/app', { from: 50, to: 50, related: ['network'] }),
  ];
  const { path } = timelineOf(facts(targets), NOW);
  expect(path.map(({ row }) => row).filter((row) => row.startsWith('dev/'))).toEqual(['dev/network']);
});
