/** EventBridge Scheduler as `settle` uses it: what goes over the wire, and what is made of its answers. */
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterEach, expect, test } from '@jest/globals';
import { schedulerSchedules } from '../../../lambdas/adapters/schedules.ts';
import { clientOptions, type HttpServer, httpServer } from '../../support/http-server.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

const ENV = {
  SCHEDULE_GROUP: 'belay',
  SCHEDULE_BUS_ARN: 'arn:aws:events:eu-west-1:111122223333:event-bus/belay',
  SCHEDULE_ROLE_ARN: 'arn:aws:iam::111122223333:role/schedules',
  SCHEDULE_DEAD_LETTERS_ARN: 'arn:aws:sqs:eu-west-1:111122223333:dead',
};
const EVENT = {
  at: new Date('2026-11-23T10:00:00.250Z'),
  source: 'belay.command',
  detailType: 'Operation requested',
  detail: { operation: 'destroy' },
};

/** Answers one call after another: nothing for done, else the name of the error. */
async function scheduler(...answers: (string | undefined)[]) {
  const seen: string[] = [];
  const started = await httpServer(({ method, url }) => {
    const error = answers[seen.push(`${method} ${url}`) - 1];
    if (error === undefined) return { body: { ScheduleArn: 'arn' } };
    const status = error === 'ConflictException' ? 409 : 404;
    return { status, headers: { 'x-amzn-errortype': error }, body: { Message: error } };
  });
  server = started;
  const client = new SchedulerClient({ ...clientOptions(started.url), maxAttempts: 1 });
  return { schedules: schedulerSchedules(ENV, client), seen, requests: started.requests };
}

test('a schedule that is there is replaced, to the second, and deletes itself', async () => {
  const { schedules, seen, requests } = await scheduler();
  await schedules.set('7-dev', EVENT);
  expect(seen).toEqual(['PUT /schedules/7-dev']);
  const { ClientToken, ...body } = JSON.parse(requests[0]?.body ?? '');
  expect(body).toEqual({
    GroupName: 'belay',
    Description: "Operation requested, as its environment's ttl has it",
    ScheduleExpression: 'at(2026-11-23T10:00:00)',
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: ENV.SCHEDULE_BUS_ARN,
      RoleArn: ENV.SCHEDULE_ROLE_ARN,
      EventBridgeParameters: { Source: 'belay.command', DetailType: 'Operation requested' },
      Input: '{"operation":"destroy"}',
      DeadLetterConfig: { Arn: ENV.SCHEDULE_DEAD_LETTERS_ARN },
    },
  });
  expect(ClientToken).toMatch(/^[a-zA-Z0-9-_]{1,64}$/);
});

test('one that is not there is made, also by two at once', async () => {
  const none = 'ResourceNotFoundException';
  const { schedules, seen } = await scheduler(none, undefined, none, 'ConflictException', undefined);
  await schedules.set('7-dev', EVENT);
  await schedules.set('7-dev', EVENT);
  expect(seen.map((line) => line.split(' ')[0])).toEqual(['PUT', 'POST', 'PUT', 'POST', 'PUT']);
});

test('a removal names the group; one that is gone is no error', async () => {
  const { schedules, seen } = await scheduler(undefined, 'ResourceNotFoundException');
  await schedules.remove('7-dev');
  await schedules.remove('7-dev');
  expect(seen[0]).toMatch(/^DELETE \/schedules\/7-dev\?(clientToken=[\w-]+&)?groupName=belay/);
  expect(seen.length).toBe(2);
});

test('what else goes wrong is told', async () => {
  const { schedules } = await scheduler('ThrottlingException', 'AccessDeniedException');
  await expect(schedules.set('7-dev', EVENT)).rejects.toThrow('ThrottlingException');
  await expect(schedules.remove('7-dev')).rejects.toThrow('AccessDeniedException');
});
