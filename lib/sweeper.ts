/** When the sweep runs: every quarter of an hour, and whenever an execution of the two machines ends without success. */
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';

/** Status events are best effort, so what one of them loses waits at most this long. */
const SWEEP_INTERVAL = Duration.minutes(15);

export interface SweeperProps {
  readonly sweep: IFunction;
  readonly machines: readonly IStateMachine[];
}

export class Sweeper extends Construct {
  constructor(scope: Construct, id: string, { sweep, machines }: SweeperProps) {
    super(scope, id);
    const deadLetters = new DeadLetters(this, 'DeadLetters', 'sweep');
    // A sweep that comes after the next one is of no use.
    const target = () =>
      new LambdaFunction(sweep, { deadLetterQueue: deadLetters, maxEventAge: SWEEP_INTERVAL });
    sweep.configureAsyncInvoke({
      maxEventAge: SWEEP_INTERVAL,
      onFailure: deadLetters.destinationOf(sweep),
    });
    new Rule(this, 'Schedule', {
      description: 'Finds what was lost and sets it right',
      schedule: Schedule.rate(SWEEP_INTERVAL),
      targets: [target()],
    });
    new Rule(this, 'ExecutionEnded', {
      description:
        'An execution that did not succeed may have left a lease, a writer or targets without outcome',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: machines.map((machine) => machine.stateMachineArn),
        },
      },
      targets: [target()],
    });
  }
}
