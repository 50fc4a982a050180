import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';
import { DEPLOYMENT_FAILED, STILL_WRITING } from '../../core/failures.ts';
import { checkMachine } from '../../local/asl/check.ts';
import { type Flow, flows, synthesized, text } from '../support/assembly.ts';

const resources = synthesized().Resources;
const machines = Object.values(resources)
  .filter((resource) => resource.Type === 'AWS::StepFunctions::StateMachine')
  .map(({ Properties }) => ({
    name: Properties.StateMachineName as string,
    definition: JSON.parse(text(Properties.DefinitionString)),
  }));
const all: Flow[] = machines.flatMap(({ name, definition }) => flows(name, definition));
const states = all.flatMap((flow) =>
  Object.entries(flow.States).map(([name, state]) => ({ flow: flow.name, name, state })),
);
const tasks = states.filter(({ state }) => state.Type === 'Task');

function stateNamed(name: string) {
  const found = states.find((state) => state.name === name);
  if (!found) throw new Error(`no state is named "${name}"`);
  return found.state;
}

test('there are two machines', () => {
  expect(machines.map(({ name }) => name).sort()).toEqual(['belay-deployment', 'belay-release']);
});

describe.each(machines)('$name', ({ definition }) => {
  test('is valid for the validator, JSONata included', () => {
    const { isValid, errors } = validate(definition);
    expect({ isValid, errors }).toEqual({ isValid: true, errors: [] });
  });

  test('has no mistake the interpreter can find: fields, variables, expressions', async () => {
    expect(await checkMachine(definition)).toEqual([]);
  });
});

test.each(all.map((flow) => ({ flow, name: flow.name })))('every state of $name is reachable', ({ flow }) => {
  const reached = new Set<string>();
  const visit = (name: string | undefined) => {
    if (name === undefined || reached.has(name)) return;
    reached.add(name);
    const state = flow.States[name];
    for (const next of [
      state.Next,
      state.Default,
      ...(state.Choices ?? []).map((c: { Next: string }) => c.Next),
    ])
      visit(next);
    for (const handler of state.Catch ?? []) visit(handler.Next);
  };
  visit(flow.StartAt);
  expect([...reached].sort()).toEqual(Object.keys(flow.States).sort());
});

test('every state speaks JSONata', () => {
  expect(states.filter(({ state }) => state.QueryLanguage !== 'JSONata').map(({ name }) => name)).toEqual([]);
});

test('every Task has a time limit and retries', () => {
  for (const { name, state } of tasks) {
    expect({ name, limited: state.TimeoutSeconds > 0, retried: (state.Retry ?? []).length > 0 }).toEqual({
      name,
      limited: true,
      retried: true,
    });
  }
  expect(tasks.length).toBeGreaterThan(10);
});

test('States.ALL stands alone and last in every list of retries and catches', () => {
  for (const { name, state } of states) {
    for (const rules of [state.Retry, state.Catch].filter(Boolean)) {
      const positions = rules.flatMap((rule: { ErrorEquals: string[] }, index: number) =>
        rule.ErrorEquals.includes('States.ALL') ? [{ index, alone: rule.ErrorEquals.length === 1 }] : [],
      );
      expect({ name, positions }).toEqual({
        name,
        positions: positions.length === 0 ? [] : [{ index: rules.length - 1, alone: true }],
      });
    }
  }
});

test('a failure inside a target ends in its record; only these Tasks fail their execution', () => {
  const uncaught = tasks
    .filter(
      ({ state }) =>
        !(state.Catch ?? []).some((c: { ErrorEquals: string[] }) => c.ErrorEquals.includes('States.ALL')),
    )
    .map(({ flow, name }) => `${flow}: ${name}`)
    .sort();
  expect(uncaught).toEqual(
    [
      // Nothing could be said of the lease any more; the sweep frees it.
      'belay-deployment: Give the lease back',
      // Settled as `failed: lost` by the deployment.
      'belay-deployment/Go through the targets: Record a failure instead',
      // Tried for as long as Batch keeps a job: nothing may happen to the target before its apply has ended.
      'belay-deployment/Go through the targets: Has the apply ended?',
      // The redrive points of a release.
      'belay-release: Deploy the next environment',
      'belay-release: Resolve the request',
      'belay-release: Settle the release',
    ].sort(),
  );
});

test('error names: what is matched is known to AWS or thrown by a machine, what a machine throws is known', () => {
  const matched = new Set(
    states.flatMap(({ state }) =>
      [...(state.Retry ?? []), ...(state.Catch ?? [])].flatMap(
        (rule: { ErrorEquals: string[] }) => rule.ErrorEquals,
      ),
    ),
  );
  expect([...matched].sort()).toEqual([
    'Batch.AWSBatchException',
    'Batch.BatchException',
    'Batch.SdkClientException',
    'Batch.ServerException',
    'CodeBuild.AWSCodeBuildException',
    'CodeBuild.AccountLimitExceededException',
    'CodeBuild.CodeBuildException',
    'CodeBuild.SdkClientException',
    'Lambda.AWSLambdaException',
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.SdkClientException',
    'Lambda.ServiceException',
    'Lambda.TooManyRequestsException',
    'States.ALL',
    'States.TaskFailed',
    'States.Timeout',
    'StepFunctions.ExecutionLimitExceeded',
    'StepFunctions.ExecutionLimitExceededException',
    'StepFunctions.ThrottlingException',
    STILL_WRITING,
  ]);
  const thrown = states.filter(({ state }) => state.Type === 'Fail').map(({ state }) => state.Error);
  // Deliberately uncaught: the Release fails at the Task that started the deployment, which is where a redrive goes on.
  expect(thrown).toEqual([DEPLOYMENT_FAILED]);
});

describe('the Distributed Map over the targets', () => {
  const state = stateNamed('Go through the targets');

  test('runs standard children and tolerates every failure', () => {
    expect(state.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
    expect(state.ToleratedFailurePercentage).toBe(100);
  });

  test('sets no concurrency: children waiting for their turn must not starve those they wait for', () => {
    expect(state.MaxConcurrency).toBeUndefined();
  });

  test('tells its own failure as the reason why targets have no outcome', () => {
    expect(state.Catch).toHaveLength(1);
    expect(state.Catch[0].Assign.ended).toEqual({
      verdict: 'failed',
      reason: "{% 'going through the targets: ' & $string($states.errorOutput.Cause) %}",
    });
    expect(state.Catch[0].Next).toBe('Find what to roll back');
  });

  test('reads its items from the list of its pass', () => {
    expect(state.ItemReader.Resource).toBe('arn:aws:states:::s3:getObject');
    expect(state.ItemReader.ReaderConfig).toEqual({ InputType: 'JSON' });
    expect(state.ItemReader.Arguments.Key).toBe('{% $round.targetsKey %}');
  });
});

describe('jobs', () => {
  const DAY = 24 * 3600;

  test("an apply's Task outlives Batch's 14 days", () => {
    expect(stateNamed('Apply').TimeoutSeconds).toBeGreaterThan(14 * DAY);
  });

  test('whatever ends the apply, its job is waited for before the target is recorded', () => {
    expect(stateNamed('Apply').Catch.map((c: { Next: string }) => c.Next)).toEqual(['Has the apply ended?']);
  });

  test('writing jobs have no attempt limit and one attempt', () => {
    const definitions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Batch::JobDefinition');
    const facts = definitions
      .toSorted((a, b) => (a.Properties.JobDefinitionName < b.Properties.JobDefinitionName ? -1 : 1))
      .map(({ Properties: p }) => ({
        name: p.JobDefinitionName,
        attempts: p.RetryStrategy.Attempts,
        limit: p.Timeout?.AttemptDurationSeconds,
      }));
    expect(facts.filter(({ name }) => name.endsWith('arm64'))).toEqual([
      { name: 'belay-apply-arm64', attempts: 1, limit: undefined },
      { name: 'belay-destroy-arm64', attempts: 1, limit: undefined },
      { name: 'belay-plan-arm64', attempts: 1, limit: 7200 },
      { name: 'belay-test-arm64', attempts: 1, limit: 7200 },
      { name: 'belay-validate-arm64', attempts: 1, limit: 7200 },
    ]);
    expect(definitions).toHaveLength(10);
  });

  test('only jobs that write nothing are marked as interruptible, which is what the machine may terminate', () => {
    const jobs = tasks.filter(({ state }) => state.Resource === 'arn:aws:states:::batch:submitJob.sync');
    expect(Object.fromEntries(jobs.map(({ name, state }) => [name, state.Arguments.Tags]))).toEqual({
      Plan: { interruptible: 'true' },
      Apply: { interruptible: 'false' },
      Test: { interruptible: 'true' },
    });
  });

  test('a nested deployment is started without a name, so that a redrive starts a fresh one', () => {
    const state = stateNamed('Deploy the next environment');
    expect(state.Resource).toBe('arn:aws:states:::states:startExecution.sync:2');
    expect(Object.keys(state.Arguments).sort()).toEqual(['Input', 'StateMachineArn']);
  });
});
