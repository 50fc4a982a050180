/** EventBridge Scheduler of the twin: what it takes, what it refuses, when it publishes, and what a restart remembers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Entry } from '../../../local/bus/event.ts';
import { Schedules } from '../../../local/scheduler/schedules.ts';
import { schedulerService } from '../../../local/scheduler/service.ts';
import { createPrincipals } from '../../../local/wire/principals.ts';
import type { Permission } from '../../../local/wire/service.ts';

const START = Date.parse('2026-11-21T08:00:00.000Z');
const BUS = 'arn:aws:events:eu-west-1:111122223333:event-bus/belay';
const ROLE = 'arn:aws:iam::111122223333:role/schedules';
const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:dead';
const place = { stack: 'Belay', account: '111122223333', region: 'eu-west-1', endpoint: 'http://127.0.0.1' };

let folder: string;
let now: number;
let timers: { at: number; wake: () => void }[];
let published: Entry[];
let buried: string[];
let lost: string[];
let allowed: string[];
let refusal: string | undefined;
let asked: Permission[];

const clock = {
  now: () => now,
  after(ms: number, wake: () => void) {
    if (ms > 2 ** 31 - 1) throw new Error('no timer of Node takes that long');
    const timer = { at: now + ms, wake };
    timers.push(timer);
    return () => {
      timers = timers.filter((one) => one !== timer);
    };
  },
};

/** Lets time pass, timer by timer. */
function advance(ms: number) {
  const until = now + ms;
  for (;;) {
    const [next] = timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
    if (next === undefined) break;
    timers = timers.filter((one) => one !== next);
    now = next.at;
    next.wake();
  }
  now = until;
}

function open() {
  const schedules = new Schedules({
    groups: [{ name: 'belay', arn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule-group/belay' }],
    folder,
    clock,
    bus: {
      put: (entries) => {
        published.push(...entries);
        return refusal === undefined
          ? [{ EventId: '1' }]
          : [{ ErrorCode: 'InvalidArgument', ErrorMessage: refusal }];
      },
    },
    sendMessage: (arn, body) => void buried.push(`${arn} ${body}`),
    principals: createPrincipals(clock),
    authorize: ({ action }) => (allowed.includes(action) ? undefined : 'nothing allows it'),
    lost: (message) => void lost.push(message),
  });
  schedules.start();
  return schedules;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scheduler-'));
  [now, timers, published, buried, lost, asked] = [START, [], [], [], [], []];
  [allowed, refusal] = [['events:PutEvents', 'sqs:SendMessage'], undefined];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const schedule = (more: object = {}) => ({
  GroupName: 'belay',
  ScheduleExpression: 'at(2026-11-21T09:00:00)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  ClientToken: 'one',
  Target: {
    Arn: BUS,
    RoleArn: ROLE,
    EventBridgeParameters: { Source: 'belay.command', DetailType: 'Operation requested' },
    Input: '{"operation":"destroy"}',
    DeadLetterConfig: { Arn: QUEUE },
  },
  ...more,
});

/** One call, as the SDK would send it; the body of the answer, or the error. */
async function call(schedules: Schedules, method: string, body: object = {}, query = '', name = '7-dev') {
  const answer = await schedulerService(schedules, place).handle({
    ...{ id: '1', method, path: `/schedules/${name}`, query: new URLSearchParams(query), headers: {} },
    ...{ operation: '', region: 'eu-west-1', signal: new AbortController().signal },
    principal: createPrincipals(clock).openSession(ROLE),
    body: Readable.from(method === 'DELETE' ? [] : [JSON.stringify(body)]),
    authorize: (permission) => void asked.push(permission),
  });
  return JSON.parse(String(answer.body));
}

test('a schedule is invoked at its second, once, and is gone then', async () => {
  const schedules = open();
  expect(await call(schedules, 'POST', schedule())).toEqual({
    ScheduleArn: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/belay/7-dev',
  });
  expect(asked).toEqual([
    {
      action: 'scheduler:CreateSchedule',
      resource: 'arn:aws:scheduler:eu-west-1:111122223333:schedule/belay/7-dev',
    },
    {
      action: 'iam:PassRole',
      resource: ROLE,
      conditions: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
    },
  ]);
  advance(3_599_999);
  expect(published).toEqual([]);
  advance(1);
  expect(published).toEqual([
    {
      EventBusName: BUS,
      Source: 'belay.command',
      DetailType: 'Operation requested',
      Detail: '{"operation":"destroy"}',
      Resources: [],
    },
  ]);
  advance(10 ** 9);
  expect([published.length, schedules.list()]).toEqual([1, []]);
});

test('an update takes the place of what was; a removal leaves nothing', async () => {
  const schedules = open();
  await call(schedules, 'POST', schedule());
  await call(schedules, 'PUT', schedule({ ScheduleExpression: 'at(2026-12-31T23:59:59)' }));
  advance(3_600_000);
  expect(published).toEqual([]);
  expect(schedules.list()).toEqual([{ name: '7-dev', due: new Date('2026-12-31T23:59:59.000Z') }]);
  await call(schedules, 'DELETE', {}, 'groupName=belay&clientToken=x');
  expect(asked.at(-1)).toMatchObject({ action: 'scheduler:DeleteSchedule' });
  advance(10 ** 10);
  expect([published, schedules.list()]).toEqual([[], []]);
});

test.each([
  ['a second one of that name', 'POST', schedule({ ClientToken: 'two' }), '', 'ConflictException'],
  ['an unknown one, updated', 'PUT', schedule(), '', 'ResourceNotFoundException', 'other'],
  ['an unknown one, removed', 'DELETE', {}, 'groupName=belay', 'ResourceNotFoundException', 'other'],
  ['an unknown group', 'POST', schedule({ GroupName: 'mine' }), '', 'ResourceNotFoundException', 'other'],
  ['the default group, which the stack does not use', 'DELETE', {}, '', 'ResourceNotFoundException'],
  ['a name that is too long', 'POST', schedule(), '', 'ValidationException', 'x'.repeat(65)],
  ['a name with a sign', 'POST', schedule(), '', 'ValidationException', 'dev:1'],
  ['parts of a second', 'POST', schedule({ ScheduleExpression: 'at(2026-11-21T09:00:00.5)' })],
  ['a zone in the time', 'POST', schedule({ ScheduleExpression: 'at(2026-11-21T09:00:00Z)' })],
  ['a day that there is not', 'POST', schedule({ ScheduleExpression: 'at(2026-02-30T09:00:00)' })],
  ['a time that has passed', 'POST', schedule({ ScheduleExpression: 'at(2026-11-21T08:00:00)' })],
  ['what repeats itself', 'POST', schedule({ ScheduleExpression: 'rate(1 hour)' })],
  ['a flexible window', 'POST', schedule({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } })],
  ['one that stays when it is done', 'POST', schedule({ ActionAfterCompletion: 'NONE' })],
  ['a field the twin does not know', 'POST', schedule({ StartDate: 5 })],
  ['another kind of target', 'POST', schedule({ Target: { ...schedule().Target, Arn: QUEUE } })],
])('%s is refused', async (_, method, body, query = '', error = 'ValidationException', name = undefined) => {
  const schedules = open();
  await call(schedules, 'POST', schedule());
  const other = error === 'ValidationException' ? (name ?? 'other') : name;
  await expect(call(schedules, method, body, query, other)).rejects.toMatchObject({ code: error });
  expect(schedules.list().length).toBe(1);
});

test('a call that is repeated with its token is answered like the first', async () => {
  const schedules = open();
  const first = await call(schedules, 'POST', schedule());
  expect(await call(schedules, 'POST', schedule())).toEqual(first);
});

test('what falls due while no twin runs is published at the next start, and what does not is kept', async () => {
  const schedules = open();
  await call(schedules, 'POST', schedule());
  await call(schedules, 'POST', schedule({ ScheduleExpression: 'at(2027-11-21T09:00:00)' }), '', 'later');
  schedules.close();
  expect(timers).toEqual([]);
  now += 7_200_000;
  const again = open();
  advance(0);
  expect(published.map(({ Detail }) => Detail)).toEqual(['{"operation":"destroy"}']);
  // A year is longer than a timer.
  expect(again.list().map(({ name }) => name)).toEqual(['later']);
  advance(Date.parse('2027-11-21T09:00:00.000Z') - now);
  expect(published.length).toBe(2);
});

test.each([
  ['its role may not publish', ['sqs:SendMessage'], undefined, 'may not events:PutEvents'],
  ['the bus does not take the event', ['events:PutEvents', 'sqs:SendMessage'], 'bad detail', 'bad detail'],
])('where %s, the event goes to the dead letters', async (_, may, answer, told) => {
  [allowed, refusal] = [may, answer];
  const schedules = open();
  await call(schedules, 'POST', schedule());
  advance(3_600_000);
  expect(buried).toEqual([`${QUEUE} {"operation":"destroy"}`]);
  expect(lost.join()).toContain(told);
  expect(schedules.list()).toEqual([]);
});
