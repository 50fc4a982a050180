/** A one-time schedule as it is asked for: its shape, its limits, its time. Read by `service.ts` and `schedules.ts`. */
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';

const name = z.string().regex(/^[0-9a-zA-Z-_.]{1,64}$/);
const clientToken = z.string().regex(/^[a-zA-Z0-9-_]{1,64}$/);

/** How CreateSchedule and UpdateSchedule name a schedule; GetSchedule and DeleteSchedule do it in the query. */
export const scheduleName = { Name: name, GroupName: name.default('default') };

/**
 * What the twin runs of https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html: schedules that publish one
 * event on a bus of the stack and delete themselves then.
 */
export const scheduleSchema = z.strictObject({
  ...scheduleName,
  ScheduleExpression: z.string().min(1).max(256),
  ScheduleExpressionTimezone: z.literal('UTC').default('UTC'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  ActionAfterCompletion: z.literal('DELETE'),
  Description: z.string().max(512).optional(),
  State: z.literal('ENABLED').default('ENABLED'),
  ClientToken: clientToken.optional(),
  Target: z.strictObject({
    Arn: z.string().regex(/^arn:[^:]+:events:[^:]+:\d{12}:event-bus\/.+$/),
    RoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
    EventBridgeParameters: z.strictObject({
      DetailType: z.string().min(1).max(128),
      Source: z.string().min(1).max(256),
    }),
    Input: z.string().min(1),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
    // Nothing in the twin fails for a while only: a delivery that fails goes to the dead letters at once.
    RetryPolicy: z
      .strictObject({
        MaximumEventAgeInSeconds: z.int().optional(),
        MaximumRetryAttempts: z.int().optional(),
      })
      .optional(),
  }),
});
export type Schedule = z.output<typeof scheduleSchema>;

/** `at(2026-11-21T08:00:00)`: to the second, without a zone. */
const AT = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/;

/**
 * When it is due, in milliseconds since 1970.
 * @throws AwsError when it is no time, or one that has passed.
 */
export function dueTime(expression: string, now: number): number {
  const text = AT.exec(expression)?.[1];
  const at = Date.parse(`${text}.000Z`);
  const isTime = text !== undefined && !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
  if (!isTime) throw invalid(`Invalid Schedule Expression ${expression}.`);
  if (at <= now) throw invalid(`Invalid Schedule Expression ${expression}: it lies in the past.`);
  return at;
}

const invalid = (message: string) => new AwsError('ValidationException', message);
