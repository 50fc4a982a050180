/** EventBridge Scheduler behind the `Schedules` port, for the functions that settle deployments. */
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { Schedules } from '../ports.ts';

/** The stack's schedule group, and what its schedules need to publish on the bus. */
export interface ScheduleEnvironment {
  readonly SCHEDULE_GROUP: string;
  readonly SCHEDULE_BUS_ARN: string;
  /** The role that Scheduler publishes with. */
  readonly SCHEDULE_ROLE_ARN: string;
  /** The queue for what could not be published. */
  readonly SCHEDULE_DEAD_LETTERS_ARN: string;
}

/**
 * One-time schedules that delete themselves when they have been invoked. An update replaces a schedule whole:
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
 */
export function schedulerSchedules(env: ScheduleEnvironment, client = new SchedulerClient({})): Schedules {
  const group = env.SCHEDULE_GROUP;
  return {
    async set(name, { at, source, detailType, detail }) {
      const schedule: CreateScheduleCommandInput = {
        Name: name,
        GroupName: group,
        Description: `${detailType}, as its environment's ttl has it`,
        // Seconds, without a zone: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
        ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: env.SCHEDULE_BUS_ARN,
          RoleArn: env.SCHEDULE_ROLE_ARN,
          EventBridgeParameters: { Source: source, DetailType: detailType },
          Input: JSON.stringify(detail),
          DeadLetterConfig: { Arn: env.SCHEDULE_DEAD_LETTERS_ARN },
        },
      };
      const update = () => client.send(new UpdateScheduleCommand(schedule));
      try {
        await update();
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        try {
          await client.send(new CreateScheduleCommand(schedule));
        } catch (conflict) {
          // Made by a call whose answer was lost.
          if (!(conflict instanceof ConflictException)) throw conflict;
          await update();
        }
      }
    },
    async remove(name) {
      try {
        await client.send(new DeleteScheduleCommand({ Name: name, GroupName: group }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    },
  };
}
