/** Environments with a `ttl` end by themselves: the schedules that ask for it, and what they are allowed. */
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { allow } from './allow.ts';
import type { Binding } from './binding.ts';
import { DeadLetters } from './dead-letters.ts';

const GROUP = 'belay';
const SCHEDULER = 'scheduler.amazonaws.com';

type Variables = 'SCHEDULE_GROUP' | 'SCHEDULE_BUS_ARN' | 'SCHEDULE_ROLE_ARN' | 'SCHEDULE_DEAD_LETTERS_ARN';

export class Expiry extends Construct {
  readonly #group: ScheduleGroup;
  readonly #role: Role;
  readonly #deadLetters: DeadLetters;
  readonly #bus: EventBus;

  constructor(scope: Construct, id: string, { bus }: { readonly bus: EventBus }) {
    super(scope, id);
    this.#bus = bus;
    this.#group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: GROUP,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#deadLetters = new DeadLetters(this, 'DeadLetters', 'expiry');
    // The confused deputy: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    const ours = {
      'aws:SourceAccount': Stack.of(this).account,
      'aws:SourceArn': this.#group.scheduleGroupArn,
    };
    this.#role = new Role(this, 'Role', {
      description: 'What schedules publish with',
      assumedBy: new ServicePrincipal(SCHEDULER, { conditions: { StringEquals: ours } }),
    });
    bus.grantPutEventsTo(this.#role);
    allow(this.#role, { actions: ['sqs:SendMessage'], resources: [this.#deadLetters.queueArn] });
  }

  /** Schedules of the stack's group, made, changed and removed; what they publish with is handed on to them. */
  useSchedules(): Binding<Variables> {
    const schedule = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${GROUP}/*`,
    });
    return {
      env: {
        SCHEDULE_GROUP: this.#group.scheduleGroupName,
        SCHEDULE_BUS_ARN: this.#bus.eventBusArn,
        SCHEDULE_ROLE_ARN: this.#role.roleArn,
        SCHEDULE_DEAD_LETTERS_ARN: this.#deadLetters.queueArn,
      },
      grant: (fn) => {
        allow(fn, {
          actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
          resources: [schedule],
          because: 'schedules are named when environments with a ttl are deployed; the group is ours',
        });
        allow(fn, {
          actions: ['iam:PassRole'],
          resources: [this.#role.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': SCHEDULER } },
        });
      },
    };
  }
}
