/** The JSON object scripts rely on, from ledger items. */
import { expect, test } from '@jest/globals';
import { linesAfter } from '../../../local/cli/commands/push.ts';
import { type ReleaseRecords, viewOf } from '../../../local/cli/release-view.ts';
import { exitCodeFor, reportOf } from '../../../local/cli/report.ts';
import { at, COMMIT, failed, OLDER, releaseItem, running } from './records.ts';

const nothingSeen = { statuses: [], checks: [], cost: null, executions: [] };
const live = (commit: string) => ({ live: { commit, state: 'clean' as const } });
const none = { add: 0, change: 0, destroy: 0, replace: 0 };

test('a failed release: every target once, those of the environment it never came to as skipped', () => {
  const statuses = [{ sha: COMMIT, context: 'belay', state: 'failure', description: 'dev failed' }];
  const checks = [{ name: 'belay', state: 'failure', title: 'dev failed' }];
  const executions = [{ arn: 'arn:release', status: 'FAILED' }];
  expect(reportOf(viewOf(failed), { statuses, checks, cost: null, executions })).toEqual({
    release: '20261121-1a2b3c4-1',
    commit: COMMIT,
    verdict: 'failed',
    reason: 'dev failed',
    environments: [
      {
        name: 'dev',
        verdict: 'failed',
        targets: [
          {
            target: 'dev/network',
            outcome: 'unchanged',
            reason: 'not affected',
            commit: OLDER,
            changes: none,
            startedAt: null,
            endedAt: null,
          },
          {
            target: 'dev/database',
            outcome: 'applied',
            reason: '',
            commit: COMMIT,
            changes: { add: 2, change: 0, destroy: 0, replace: 1 },
            startedAt: at(1),
            endedAt: at(3.4),
          },
          {
            target: 'dev/api',
            outcome: 'failed',
            reason: 'apply failed: port taken',
            commit: COMMIT,
            changes: { add: 0, change: 1, destroy: 3, replace: 0 },
            startedAt: at(3.5),
            endedAt: at(8),
          },
          {
            target: 'dev/web',
            outcome: 'skipped',
            reason: 'api failed',
            commit: null,
            changes: none,
            startedAt: null,
            endedAt: null,
          },
        ],
        end: null,
        orphans: [],
      },
      {
        name: 'prod',
        verdict: 'skipped',
        targets: ['prod/network', 'prod/web'].map((target) => ({
          target,
          outcome: 'skipped',
          reason: 'the release ended before this environment',
          commit: target === 'prod/web' ? OLDER : null,
          changes: none,
          startedAt: null,
          endedAt: null,
        })),
        end: null,
        orphans: [],
      },
    ],
    statuses,
    checks,
    cost: null,
    executions,
  });
});

test('what a release applied keeps its commit when a later release has moved on', () => {
  const targets = new Map(['database', 'network'].map((name) => [`dev/${name}`, live(OLDER)]));
  const [dev] = reportOf(viewOf({ ...failed, targets }), nothingSeen).environments;
  expect(dev?.targets.map(({ target, commit }) => [target, commit])).toEqual([
    ['dev/network', OLDER],
    ['dev/database', COMMIT],
    ['dev/api', null],
    ['dev/web', null],
  ]);
});

test('an environment with a ttl says when it ends', () => {
  const ends = new Map([['dev', at(3600)]]);
  const report = reportOf(viewOf({ ...failed, ends }), nothingSeen);
  expect(report.environments.map(({ name, end }) => [name, end])).toEqual([
    ['dev', '2026-11-21T09:00:00.000Z'],
    ['prod', null],
  ]);
});

test('what is deployed and left the manifest is listed, and how to destroy it is said', () => {
  const deployments = failed.deployments.map((one) =>
    one.environment === 'dev' ? { ...one, orphans: ['old', 'older'] } : one,
  );
  const targets = new Map(['old', 'older'].map((name) => [`dev/${name}`, live(OLDER)]));
  const report = reportOf(viewOf({ ...failed, deployments, targets }), nothingSeen);
  const destroyed = reportOf(viewOf({ ...failed, deployments, targets: new Map() }), nothingSeen);
  expect(destroyed.environments.flatMap(({ orphans }) => orphans)).toEqual([]);
  expect(report.environments.map(({ orphans }) => orphans)).toEqual([['dev/old', 'dev/older'], []]);
  expect(linesAfter(report, ' --state-dir x').slice(0, 2)).toEqual([
    'orphaned: dev/old; to destroy it: npm run local -- destroy --env dev --target old --state-dir x',
    'orphaned: dev/older; to destroy it: npm run local -- destroy --env dev --target older --state-dir x',
  ]);
});

test('a release with nothing to do lists all its targets as unchanged', () => {
  const records: ReleaseRecords = {
    ...failed,
    release: { ...releaseItem, verdict: 'nothing-to-do', reason: 'nothing is affected' },
    deployments: [],
    outcomes: [],
  };
  const { environments } = reportOf(viewOf(records), nothingSeen);
  expect(environments.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['dev', 'succeeded'],
    ['prod', 'succeeded'],
  ]);
  expect(environments.flatMap(({ targets }) => targets.map(({ outcome }) => outcome))).toEqual(
    Array(6).fill('unchanged'),
  );
});

test('while it runs nothing is claimed that has not happened', () => {
  const report = reportOf(viewOf(running), nothingSeen);
  expect(report.verdict).toBeNull();
  expect(report.environments.map(({ verdict }) => verdict)).toEqual([null, null]);
  expect(report.environments[0]?.targets.map(({ outcome }) => outcome)).toEqual([
    'unchanged',
    'applied',
    null,
    null,
  ]);
  expect(report.environments[1]?.targets.map(({ outcome }) => outcome)).toEqual([null, null]);
});

test('a refused release has no environments', () => {
  const reason = 'belay.yaml:3:1 unknown key';
  const records: ReleaseRecords = {
    release: { ...releaseItem, verdict: 'refused', environments: [], reason },
    deployments: [],
    outcomes: [],
    targets: new Map(),
    ends: new Map(),
  };
  expect(reportOf(viewOf(records), nothingSeen)).toMatchObject({
    verdict: 'refused',
    reason,
    environments: [],
  });
});

test.each([
  ['succeeded', 0],
  ['nothing-to-do', 0],
  ['failed', 1],
  ['superseded', 1],
  ['cancelled', 1],
  ['refused', 2],
  ['waiting', 3],
] as const)('verdict %s ends the process with %d', (verdict, exitCode) => {
  expect(exitCodeFor(verdict)).toBe(exitCode);
});
