/** The way of one target through a deployment: the child workflow of the Deployment's Distributed Map. */
import {
  Chain,
  Choice,
  Condition,
  type IChainable,
  type INextable,
  Pass,
  type State,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Stage } from '../core/words.ts';
import { INTERRUPTIBLE_JOB_LIMIT, type JobStage, type Queues } from './executor.ts';
import type { Functions } from './functions.ts';
import {
  buildTask,
  functionTask,
  jobTask,
  LONGER_THAN_ANY_JOB,
  OUTLASTING_RETRY,
  tokenTask,
} from './tasks.ts';

/** Queueing for a slot counts into the state's limit but not into the job's own: a day of queueing is a capacity problem. */
const INTERRUPTIBLE_TASK_LIMIT = INTERRUPTIBLE_JOB_LIMIT.plus(Duration.days(1));

/** How long a person has to approve a change. */
export const APPROVAL_LIMIT = Duration.hours(24);

export interface TargetFlowProps {
  readonly functions: Functions;
  readonly queues: Queues;
}

/** The stage that changes the cloud, as a state's text: `apply` or `destroy`. */
const WRITE = '{% $write %}';

type Catching = State & INextable & { addCatch(handler: IChainable, props?: object): unknown };

/**
 * Child input: `{release, environment, execution, fence, pass, component, test, build, write}`. Everything a state needs later is kept in
 * variables: `target` (the reference handed to every function), `test`, `write`, `took`, `prepared`, `guarded`, `end`. What is applied in a
 * destroy is a plan that destroys: the same states do it, with the stage `write` names.
 * Where `build` is true, its image is looked for before the plan, and built by CodeBuild where it is not there.
 */
export class TargetFlow extends Construct {
  readonly start: IChainable;

  constructor(scope: Construct, id: string, { functions, queues }: TargetFlowProps) {
    super(scope, id);

    const record = functionTask(this, 'Record the outcome', {
      fn: functions.record,
      payload: `$merge([$target, {'end': $end}])`,
      outputs: {},
    });
    // What cannot be recorded (an unreadable result, say) is a failure that can be: dependents wait for one or the other.
    record.addCatch(
      functionTask(this, 'Record a failure instead', {
        fn: functions.record,
        payload: `$merge([$target, {'end': $end}])`,
        outputs: {},
      }),
      {
        errors: ['States.ALL'],
        assign: {
          end: {
            kind: 'decided',
            outcome: 'failed',
            reason: `{% 'recording the outcome: ' & $string($states.errorOutput.Cause) %}`,
          },
        },
      },
    );
    const decided = (name: string, from: string) =>
      Pass.jsonata(this, name, {
        comment: 'A function has decided how this target ends',
        assign: {
          end: { kind: 'decided', outcome: `{% $${from}.outcome %}`, reason: `{% $${from}.reason %}` },
        },
      }).next(record);
    /** Any failure of a state ends the target; `stage` says what was being done. */
    const caught = <T extends Catching>(
      state: T,
      stage: Stage | 'build' | typeof WRITE,
      handler: IChainable = record,
    ): T => {
      state.addCatch(handler, {
        errors: ['States.ALL'],
        assign: {
          end: {
            kind: 'broke',
            stage,
            error: '{% $states.errorOutput.Error %}',
            cause: `{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : '' %}`,
          },
        },
      });
      return state;
    };
    const prepare = (name: string, stage: Stage | typeof WRITE) =>
      caught(
        functionTask(this, name, {
          fn: functions.prepare,
          payload: `$merge([$target, {'stage': ${stage === WRITE ? '$write' : `'${stage}'`}}])`,
          assign: { prepared: '{% $states.result.Payload %}' },
        }),
        stage,
      );
    const job = (name: string, stage: JobStage, timeout: Duration) =>
      jobTask(this, name, {
        stage,
        queue:
          stage === 'apply'
            ? `{% $write = 'destroy' ? '${queues.destroy.jobQueueArn}' : '${queues.apply.jobQueueArn}' %}`
            : queues[stage].jobQueueArn,
        order: '$prepared.job',
        timeout,
      });
    const completed = (name: string, applied: boolean) =>
      Pass.jsonata(this, name, { assign: { end: { kind: 'completed', applied } } });

    const turn = caught(
      tokenTask(this, 'Wait for its turn', {
        fn: functions.turn,
        payload: `$merge([$target, {'flow': $states.context.Execution.Id}])`,
        outputs: '{% $states.input %}',
      }),
      'plan',
    );

    // Test, after an apply or after an empty plan.
    const test = caught(job('Test', 'test', INTERRUPTIBLE_TASK_LIMIT), 'test');
    const prepareTest = prepare('Prepare the test', 'test');
    const testOrRecord = Chain.start(
      Choice.jsonata(this, 'Is there a test?')
        .when(Condition.jsonata('{% $test %}'), prepareTest)
        .otherwise(record),
    );
    prepareTest.next(
      Choice.jsonata(this, 'May the test start?')
        .when(Condition.jsonata(`{% $prepared.decision = 'run' %}`), test)
        .otherwise(decided('Test not needed', 'prepared')),
    );
    test.next(record);

    // Apply. However its Task ends, the job itself must have ended before anything else happens to the target.
    const apply = job('Apply', 'apply', LONGER_THAN_ANY_JOB);
    const hasEnded = functionTask(this, 'Has the apply ended?', {
      fn: functions.admit,
      payload: `{'action': 'has-ended', 'repository': $target.release.repository, 'environment': $target.environment, 'component': $target.component}`,
      assign: { writer: '{% $states.result.Payload %}' },
      retries: [OUTLASTING_RETRY],
    });
    const planAgain = functionTask(this, 'Had the state moved?', {
      fn: functions.guard,
      payload: `$merge([$target, {'after': 'apply'}])`,
      assign: { guarded: '{% $states.result.Payload %}' },
    });
    hasEnded.next(
      Choice.jsonata(this, 'Is it still running?')
        .when(
          Condition.jsonata(`{% $writer.decision = 'running' %}`),
          Wait.jsonata(this, 'Wait for the apply to end', {
            time: WaitTime.duration(Duration.minutes(10)),
          }).next(hasEnded),
        )
        .otherwise(planAgain),
    );
    planAgain.addCatch(record, { errors: ['States.ALL'] });
    caught(apply, WRITE, hasEnded);
    apply.next(completed('Applied', true).next(testOrRecord));
    const prepareApply = prepare('Prepare the apply', WRITE);
    prepareApply.next(
      Choice.jsonata(this, 'May the apply start?')
        .when(Condition.jsonata(`{% $prepared.decision = 'run' %}`), apply)
        .otherwise(decided('Apply not needed', 'prepared')),
    );

    // Plan.
    const guard = caught(
      functionTask(this, 'Check the plan', {
        fn: functions.guard,
        payload: `$merge([$target, {'after': 'plan'}])`,
        assign: { guarded: '{% $states.result.Payload %}' },
      }),
      'plan',
    );
    const approval = tokenTask(this, 'Wait for approval', {
      fn: functions.approval,
      payload: `$merge([$target, {'reason': $guarded.reason}])`,
      timeout: APPROVAL_LIMIT,
      assign: { approval: '{% $states.result %}' },
    });
    approval.addCatch(record, {
      errors: ['States.Timeout'],
      assign: {
        end: {
          kind: 'decided',
          outcome: 'rejected',
          reason: `nobody approved it within ${APPROVAL_LIMIT.toHours()} hours`,
        },
      },
    });
    caught(approval, 'plan');
    approval.next(
      Choice.jsonata(this, 'Is it approved?')
        .when(Condition.jsonata(`{% $approval.decision = 'approved' %}`), prepareApply)
        .otherwise(
          Pass.jsonata(this, 'Not approved', {
            assign: {
              end: { kind: 'decided', outcome: '{% $approval.decision %}', reason: '{% $approval.reason %}' },
            },
          }).next(record),
        ),
    );
    guard.next(
      Choice.jsonata(this, 'May the plan be applied?')
        .when(Condition.jsonata(`{% $guarded.decision = 'apply' %}`), prepareApply)
        .when(Condition.jsonata(`{% $guarded.decision = 'ask' %}`), approval)
        .when(
          Condition.jsonata(`{% $guarded.decision = 'test' %}`),
          completed('Nothing to apply', false).next(testOrRecord),
        )
        .otherwise(decided('Plan not applied', 'guarded')),
    );
    const plan = caught(job('Plan', 'plan', INTERRUPTIBLE_TASK_LIMIT), 'plan').next(guard);
    const preparePlan = prepare('Prepare the plan', 'plan');
    planAgain.next(
      Choice.jsonata(this, 'Is a new plan due?')
        .when(Condition.jsonata(`{% $guarded.decision = 'plan-again' %}`), preparePlan)
        .otherwise(record),
    );
    preparePlan.next(
      Choice.jsonata(this, 'Is a plan needed?')
        .when(Condition.jsonata(`{% $prepared.decision = 'run' %}`), plan)
        .otherwise(decided('No plan needed', 'prepared')),
    );

    // Its image, before the plan. The same question again after the build: only the registry says that the image is there.
    const imageTask = (name: string, look: string) =>
      caught(
        functionTask(this, name, {
          fn: functions.build,
          payload: `$merge([$target, ${look}])`,
          assign: { image: '{% $states.result.Payload %}' },
        }),
        'build',
      );
    const image = imageTask('Look for its image', `{'built': false}`);
    const built = imageTask('Look for what was built', `{'built': true, 'took': $took}`);
    const notBuilt = decided('No image', 'image');
    image.next(
      Choice.jsonata(this, 'Is the image there?')
        .when(Condition.jsonata(`{% $image.decision = 'ready' %}`), preparePlan)
        .when(
          Condition.jsonata(`{% $image.decision = 'build' %}`),
          caught(buildTask(this, 'Build the image', '$image'), 'build').next(built),
        )
        .otherwise(notBuilt),
    );
    built.next(
      Choice.jsonata(this, 'Is it there now?')
        .when(Condition.jsonata(`{% $image.decision = 'ready' %}`), preparePlan)
        .otherwise(notBuilt),
    );

    this.start = Pass.jsonata(this, 'Begin the target', {
      assign: {
        target: {
          release: '{% $states.input.release %}',
          environment: '{% $states.input.environment %}',
          execution: '{% $states.input.execution %}',
          fence: '{% $states.input.fence %}',
          component: '{% $states.input.component %}',
          pass: '{% $states.input.pass %}',
        },
        test: '{% $states.input.test %}',
        build: '{% $states.input.build %}',
        write: '{% $states.input.write %}',
      },
    })
      .next(turn)
      .next(
        Choice.jsonata(this, 'Is it made of an image?')
          .when(Condition.jsonata('{% $build %}'), image)
          .otherwise(preparePlan),
      );
  }
}
