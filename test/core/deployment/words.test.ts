/** The sentences people read: failures, changes, inputs, verdicts, job names. */
import { describe, expect, test } from '@jest/globals';
import { describeChanges, knownChanges } from '../../../core/deployment/changes.ts';
import { failureReason, readableReason } from '../../../core/deployment/failure.ts';
import { resolveInputs } from '../../../core/deployment/inputs.ts';
import { environmentRole, jobDefinition, jobName } from '../../../core/deployment/job-order.ts';
import {
  describeEnd,
  environmentVerdict,
  outcomeWithout,
  summaryOf,
  verdictOfDoneRelease,
} from '../../../core/deployment/verdict.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { Outcome } from '../../../core/words.ts';
import { target } from '../../support/deployment-world.ts';

test.each([
  [
    'States.TaskFailed',
    '{"JobId":"j","StatusReason":"Essential container in task exited","Container":{"ExitCode":1}}',
    'Essential container in task exited, exit code 1',
  ],
  [
    'States.TaskFailed',
    '{"JobId":"j","Container":{"ExitCode":20}}',
    'the job was not admitted, nothing was touched, exit code 20',
  ],
  ['States.TaskFailed', '{"StatusReason":"Host EC2 terminated","Container":{}}', 'Host EC2 terminated'],
  [
    'States.TaskFailed',
    '{"StatusReason":"x","Container":{"Reason":"CannotPullContainerError: no image"}}',
    'CannotPullContainerError: no image',
  ],
  [
    'Error',
    '{"errorType":"Error","errorMessage":"judging the plan\\n of dev/app","trace":[]}',
    'judging the plan of dev/app',
  ],
  [
    'States.TaskFailed',
    '{"Build":{"BuildStatus":"FAILED","Logs":{"DeepLink":"https://log"},"Phases":[{"PhaseType":"PRE_BUILD","PhaseStatus":"SUCCEEDED"},{"PhaseType":"BUILD","PhaseStatus":"FAILED","Contexts":[{"Message":"exit status 1"}]}]}}',
    'FAILED, exit status 1, log: https://log',
  ],
  ['States.TaskFailed', '{"Build":{"BuildStatus":"STOPPED"}}', 'STOPPED'],
  ['States.Timeout', '', 'States.Timeout'],
  [
    'Batch.ClientException',
    'Job definition is not active',
    'Batch.ClientException: Job definition is not active',
  ],
])('%s with cause %s reads: %s', (error, cause, reason) => {
  expect(failureReason(error, cause)).toBe(reason);
});

test.each([
  ['opening: {"errorType":"Error","errorMessage":"no such tree"}', 'opening: no such tree'],
  ['a newer push of main, 1a2b3c4, is waiting', 'a newer push of main, 1a2b3c4, is waiting'],
  ['opening: {not JSON', 'opening: {not JSON'],
])('the reason %s reads: %s', (text, reason) => {
  expect(readableReason(text)).toBe(reason);
});

test('a reason stays one line of reasonable length', () => {
  const reason = failureReason('Error', 'a\n'.repeat(1000));
  expect(reason).toHaveLength(300);
  expect(reason).not.toContain('\n');
});

test('changes are counted in words', () => {
  const none = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };
  expect(describeChanges({ ...none, add: 2, replace: 1, destroy: 3 })).toBe(
    '2 added, 1 replaced, 3 destroyed',
  );
  expect(describeChanges({ ...none, outputs: 1 })).toBe('only outputs changed');
  expect(describeChanges(none)).toBe('no resource changed');
  expect(describeChanges(undefined)).toBe('');
});

test('a plan that changes something and counts nothing does not say that it changes nothing', () => {
  const none = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };
  expect(knownChanges({ changes: none, hasChanges: true })).toBeUndefined();
  expect(knownChanges({ changes: none, hasChanges: false })).toEqual(none);
  const one = { ...none, move: 1 };
  expect(knownChanges({ changes: one, hasChanges: true })).toEqual(one);
});

describe('inputs', () => {
  const app = target('app', { inputs: { vpc_id: { component: 'network', output: 'id' } } });
  const outputs = (names: string[]) =>
    new Map([['network', Object.fromEntries(names.map((name) => [name, { value: name, sensitive: true }]))]]);

  test('values keep their sensitivity, and equal values have equal keys', () => {
    const one = resolveInputs(app, outputs(['id', 'other']));
    expect(one).toMatchObject({ values: { vpc_id: { value: 'id', sensitive: true } } });
    expect(resolveInputs(app, outputs(['id']))).toEqual(one);
    expect(resolveInputs({ inputs: {} }, outputs([]))).not.toMatchObject({ key: 'key' in one && one.key });
  });

  test('what is missing is named, with what there is', () => {
    expect(resolveInputs(app, new Map())).toEqual({
      problem: 'input vpc_id: network has produced no outputs yet',
    });
    expect(resolveInputs(app, outputs(['subnets', 'arn']))).toEqual({
      problem: 'input vpc_id: network has no output "id"; its outputs: arn, subnets',
    });
    const inherited = target('app', { inputs: { x: { component: 'network', output: 'constructor' } } });
    expect(resolveInputs(inherited, outputs([]))).toEqual({
      problem: 'input x: network has no output "constructor"; its outputs: none',
    });
  });
});

test('jobs are named so that Batch takes the name, and get the role of their stage', () => {
  const app = target('app.v2', { arch: 'amd64' });
  expect(jobName('20261120-1111111-1', app, 'plan')).toBe('20261120-1111111-1-dev-app_v2-plan');
  const long = jobName('20261120-1111111-1', target('c'.repeat(200)), 'apply');
  expect(long).toMatch(/^20261120-1111111-1-dev-c+-apply$/);
  expect(long).toHaveLength(128);
  expect(jobDefinition('apply', app.arch)).toBe('belay-apply-amd64');
  expect(environmentRole('111122223333', 'eu-west-1', 'plan')).toBe(
    'arn:aws:iam::111122223333:role/belay-environment-plan',
  );
  expect(environmentRole('111122223333', 'cn-north-1', 'apply')).toBe(
    'arn:aws-cn:iam::111122223333:role/belay-environment-apply',
  );
  expect(environmentRole('111122223333', 'us-gov-west-1', 'test')).toBe(
    'arn:aws-us-gov:iam::111122223333:role/belay-environment-plan',
  );
});

test.each<[Outcome[], string]>([
  [[], 'succeeded'],
  [['unchanged', 'applied', 'planned', 'destroyed'], 'succeeded'],
  [['applied', 'failed', 'skipped'], 'failed'],
  [['rejected', 'skipped'], 'failed'],
  [['skipped'], 'failed'],
  [['applied', 'superseded', 'skipped'], 'superseded'],
  [['superseded', 'cancelled'], 'cancelled'],
  [['superseded', 'failed'], 'failed'],
])('outcomes %j make the verdict %s', (outcomes, verdict) => {
  expect(environmentVerdict(outcomes, [])).toBe(verdict);
});

test.each<[Outcome[], string[], string]>([
  [['rolled-back', 'rolled-back', 'skipped'], [], 'rolled-back'],
  [['rolled-back', 'failed'], [], 'rolled-back'],
  [['rolled-back', 'rollback-failed'], ['app'], 'broken'],
  [['failed', 'applied'], ['app'], 'broken'],
  [['skipped'], ['app'], 'broken'],
  // Nobody has failed: what was dirty before stays that, and the newer release comes for it.
  [['superseded', 'skipped'], ['app'], 'superseded'],
])('outcomes %j that leave %j dirty make the verdict %s', (outcomes, dirty, verdict) => {
  expect(environmentVerdict(outcomes, dirty)).toBe(verdict);
});

const item = (component: string, outcome: Outcome, reason: string): OutcomeItem => ({
  environment: 'dev',
  component,
  attempt: 1,
  affected: 'changed',
  progress: 'ended',
  outcome,
  reason,
});

test('a release that only planned was not nothing', () => {
  expect(verdictOfDoneRelease([item('a', 'unchanged', '')])).toBe('nothing-to-do');
  expect(verdictOfDoneRelease([{ ...item('a', 'unchanged', ''), planDigest: 'x' }])).toBe('succeeded');
  expect(verdictOfDoneRelease([item('a', 'unchanged', ''), item('b', 'applied', '')])).toBe('succeeded');
});

test('a target without outcome takes what its deployment was ended for', () => {
  expect(outcomeWithout('superseded', 'waiting')).toBe('superseded');
  expect(outcomeWithout('failed', undefined)).toBe('skipped');
  expect(outcomeWithout('failed', 'waiting')).toBe('skipped');
  expect(outcomeWithout('failed', 'applying')).toBe('failed');
});

test('the summary names causes before consequences, and what to do', () => {
  const outcomes = [
    item('app', 'skipped', 'database failed'),
    item('database', 'failed', 'apply failed: no'),
    item('network', 'applied', '1 added'),
  ];
  const ended = { environment: 'dev', outcomes, dirty: [], execution: 'arn:release' };
  expect(summaryOf({ ...ended, verdict: 'failed' })).toBe(
    'dev failed: database failed (apply failed: no), app was skipped (database failed); redrive the execution arn:release to go on from here',
  );
  expect(summaryOf({ ...ended, verdict: 'superseded', reason: 'a newer push came' })).toBe(
    'dev was superseded: a newer push came',
  );
  const many = Array.from({ length: 12 }, (_, n) => item(`c${n}`, 'rejected', 'no'));
  expect(summaryOf({ ...ended, outcomes: many, verdict: 'failed' })).toContain(
    'c9 was rejected (no), and 2 more;',
  );
});

test('the summary of a rollback says what failed and where the environment is', () => {
  const to = { commit: '1a2b3c4'.padEnd(40, '0'), document: 'd' };
  const back = (component: string, cause: string): OutcomeItem => ({
    ...item(component, 'rolled-back', `rolled back to 1a2b3c4 after: ${cause}`),
    rollback: { to, cause },
  });
  const outcomes = [
    back('database', 'apply failed: no'),
    back('network', 'database failed'),
    item('app', 'skipped', 'database failed'),
  ];
  const ended = { environment: 'dev', outcomes, dirty: [], execution: 'arn:release' };
  expect(summaryOf({ ...ended, verdict: 'rolled-back' })).toBe(
    'dev failed and is back at 1a2b3c4: database was rolled back to 1a2b3c4 after: apply failed: no, network was rolled back to 1a2b3c4 after: database failed, app was skipped (database failed); redrive the execution arn:release to go on from here',
  );
  const left = item(
    'database',
    'rollback-failed',
    'apply failed: no; then its rollback to 1a2b3c4 failed: x',
  );
  expect(summaryOf({ ...ended, outcomes: [left], dirty: ['database'], verdict: 'broken' })).toBe(
    'dev is broken (dirty: database): database could not be rolled back (apply failed: no; then its rollback to 1a2b3c4 failed: x); redrive the execution arn:release to go on from here',
  );
});

test('targets at different last good commits are not given one', () => {
  const at = (component: string, commit: string): OutcomeItem => ({
    ...item(component, 'rolled-back', ''),
    rollback: { to: { commit: commit.repeat(40), document: 'd' }, cause: 'x' },
  });
  const both = { outcomes: [at('a', '1'), at('b', '2')], dirty: [] };
  expect(describeEnd('rolled-back', both)).toBe('back, each target at its last good commit');
  expect(describeEnd('rolled-back', { ...both, outcomes: [at('a', '1'), at('b', '1')] })).toBe(
    'back at 1111111',
  );
  expect(describeEnd('failed', both)).toBe('');
});
