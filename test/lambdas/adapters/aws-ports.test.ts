/** The small adapters against a server that answers as AWS does: what they ask for, and what they make of the answers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchClient } from '@aws-sdk/client-batch';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sqsDeadLetters } from '../../../lambdas/adapters/dead-letters.ts';
import { stepFunctionsExecutions, stepFunctionsRedrives } from '../../../lambdas/adapters/executions.ts';
import { batchJobControl, batchJobs } from '../../../lambdas/adapters/jobs.ts';
import { sqsMessageDelay } from '../../../lambdas/adapters/message-delay.ts';
import { sqsStatusQueue } from '../../../lambdas/adapters/status-queue.ts';
import { stepFunctionsTokens } from '../../../lambdas/adapters/tokens.ts';

interface Asked {
  readonly action: string;
  readonly body: Record<string, unknown>;
}
let asked: Asked[] = [];
let answer: { status: number; body: object } = { status: 200, body: {} };
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => {
    text += part;
  });
  request.on('end', () => {
    const action = String(request.headers['x-amz-target'] ?? request.url);
    asked.push({ action, body: JSON.parse(text) });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer.body));
  });
});
let options: {
  endpoint: string;
  region: string;
  maxAttempts: number;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  options = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
});
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: {} };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise<void>((closed) => server.close(() => closed()));
});

const failure = (type: string, status = 400) => ({ status, body: { __type: type, message: 'no' } });

test('a token is answered; one that is gone says so; other failures are thrown', async () => {
  const tokens = stepFunctionsTokens(new SFNClient(options));
  expect(await tokens.succeed('t', { decision: 'granted', fence: 3 })).toBe('sent');
  expect(asked).toEqual([
    {
      action: 'AWSStepFunctions.SendTaskSuccess',
      body: { taskToken: 't', output: '{"decision":"granted","fence":3}' },
    },
  ]);
  for (const gone of ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']) {
    answer = failure(`com.amazonaws.states#${gone}`);
    expect(await tokens.succeed('t', {})).toBe('gone');
  }
  answer = failure('ThrottlingException');
  await expect(tokens.succeed('t', {})).rejects.toThrow('no');
});

test.each([
  ['RUNNING', true],
  ['PENDING_REDRIVE', true],
  ['SUCCEEDED', false],
  ['FAILED', false],
  ['TIMED_OUT', false],
  ['ABORTED', false],
])('an execution that is %s runs: %s', async (status, runs) => {
  answer = { status: 200, body: { status } };
  const executions = stepFunctionsExecutions(new SFNClient(options));
  expect(await executions.isRunning('arn:aws:states:eu-west-1:1:execution:m:e')).toBe(runs);
});

test('an execution older than its history has ended; not being allowed to ask is an error', async () => {
  const executions = stepFunctionsExecutions(new SFNClient(options));
  answer = failure('ExecutionDoesNotExist');
  expect(await executions.isRunning('arn')).toBe(false);
  answer = failure('AccessDeniedException');
  await expect(executions.isRunning('arn')).rejects.toThrow('no');
});

test.each([
  ['SUBMITTED', false],
  ['RUNNABLE', false],
  ['STARTING', false],
  ['RUNNING', false],
  ['SUCCEEDED', true],
  ['FAILED', true],
])('a job that is %s has ended: %s', async (status, ended) => {
  answer = { status: 200, body: { jobs: [{ jobId: 'j', status }] } };
  expect(await batchJobs(new BatchClient(options)).hasEnded('j')).toBe(ended);
  expect(asked).toEqual([{ action: '/v1/describejobs', body: { jobs: ['j'] } }]);
});

test.each([
  ['RUNNING', 1795248000000, new Date('2026-11-21T08:00:00.000Z')],
  ['SUCCEEDED', 1795248000000, undefined],
  ['RUNNABLE', undefined, undefined],
])('a job that is %s, begun at %s, runs since %s', async (status, startedAt, since) => {
  answer = { status: 200, body: { jobs: [{ jobId: 'j', status, startedAt }] } };
  expect(await batchJobs(new BatchClient(options)).runningSince('j')).toEqual(since);
});

test.each([
  ['its own spec', 'a/plan/job.json', true],
  ['another spec', 'b/plan/job.json', false],
])('Batch says whether a job was submitted for %s', async (_, key, submitted) => {
  const environment = [
    { name: 'BELAY_WORKSPACE', value: 'b/plan/job.json' },
    { name: 'BELAY_JOB', value: 'a/plan/job.json' },
  ];
  answer = { status: 200, body: { jobs: [{ jobId: 'j', status: 'RUNNING', container: { environment } }] } };
  expect(await batchJobs(new BatchClient(options)).wasSubmittedFor('j', key)).toBe(submitted);
});

test('a job Batch does not know any more has ended', async () => {
  answer = { status: 200, body: { jobs: [] } };
  expect(await batchJobs(new BatchClient(options)).hasEnded('j')).toBe(true);
});

test('dead letters are counted in the queues beside the one that is known', async () => {
  answer = { status: 200, body: { Attributes: { ApproximateNumberOfMessages: '2' } } };
  const beside = 'https://sqs.test/1/status.fifo';
  const found = await sqsDeadLetters(beside, new SQSClient(options)).waiting();
  expect([...found]).toEqual([
    ['belay-event-dead-letters', 2],
    ['belay-command-dead-letters', 2],
    ['belay-sweep-dead-letters', 2],
    ['belay-expiry-dead-letters', 2],
    ['belay-notice-dead-letters', 2],
    ['belay-image-dead-letters', 2],
    ['belay-status-dead-letters.fifo', 2],
  ]);
  expect(asked.map(({ body }) => body.QueueUrl)).toContain('https://sqs.test/1/belay-expiry-dead-letters');
});

test('two equal messages within five minutes are two messages, in the order of their commit', async () => {
  const queue = sqsStatusQueue('https://sqs.test/1/status.fifo', new SQSClient({ ...options, md5: false }));
  const release = { id: '20261120-1111111-1', repository: 7, commit: '1'.repeat(40), more: 'not sent' };
  await queue.changed(release);
  await queue.changed(release);
  const [first, second] = asked.map(({ body }) => body);
  expect(first).toMatchObject({
    QueueUrl: 'https://sqs.test/1/status.fifo',
    MessageBody: `{"release":{"id":"20261120-1111111-1","repository":7,"commit":"${'1'.repeat(40)}"}}`,
    MessageGroupId: `7/${'1'.repeat(40)}`,
  });
  expect(second?.MessageGroupId).toBe(first?.MessageGroupId);
  expect(second?.MessageDeduplicationId).not.toBe(first?.MessageDeduplicationId);
});

test('a release with a trace hands it on beside the message', async () => {
  const queue = sqsStatusQueue('https://sqs.test/1/status.fifo', new SQSClient({ ...options, md5: false }));
  const release = { id: '20261120-1111111-1', repository: 7, commit: '1'.repeat(40) };
  const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  await queue.changed({ ...release, trace });
  expect(asked[0]?.body).toMatchObject({
    MessageBody: JSON.stringify({ release }),
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
  });
  await queue.changed(release);
  expect(asked[1]?.body).not.toHaveProperty('MessageSystemAttributes');
});

test('a message is put off by keeping it from being handed out', async () => {
  const url = 'https://sqs.test/1/status.fifo';
  await sqsMessageDelay(url, new SQSClient({ ...options, md5: false })).delay('receipt', 90);
  expect(asked).toMatchObject([
    {
      action: 'AmazonSQS.ChangeMessageVisibility',
      body: { QueueUrl: url, ReceiptHandle: 'receipt', VisibilityTimeout: 90 },
    },
  ]);
});

test('whether an execution can be redriven, and why not, in the words of Step Functions', async () => {
  const { look } = stepFunctionsRedrives(new SFNClient(options));
  answer = { status: 200, body: { status: 'FAILED', redriveStatus: 'REDRIVABLE' } };
  expect(await look('arn')).toEqual({ status: 'FAILED', problem: undefined });
  const redriveStatusReason = 'Execution redrivable period exceeded';
  answer = { status: 200, body: { status: 'ABORTED', redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason } };
  expect(await look('arn')).toEqual({ status: 'ABORTED', problem: redriveStatusReason });
  answer = { status: 200, body: { status: 'RUNNING', redriveStatus: 'NOT_REDRIVABLE' } };
  expect(await look('arn')).toEqual({ status: 'RUNNING', problem: 'the execution is RUNNING' });
  answer = failure('ExecutionDoesNotExist');
  expect(await look('arn')).toEqual({
    status: 'UNKNOWN',
    problem: 'Step Functions does not know the execution any more',
  });
});

test('a redrive that is refused is an answer', async () => {
  const { redrive } = stepFunctionsRedrives(new SFNClient(options));
  answer = { status: 200, body: { redriveDate: 1 } };
  expect(await redrive('arn')).toBeUndefined();
  expect(asked).toMatchObject([
    { action: 'AWSStepFunctions.RedriveExecution', body: { executionArn: 'arn' } },
  ]);
  answer = failure('ExecutionNotRedrivable');
  expect(await redrive('arn')).toBe('no');
  answer = failure('ExecutionLimitExceeded');
  await expect(redrive('arn')).rejects.toThrow('no');
});

test('a job is ended with a reason that Batch takes', async () => {
  await batchJobControl(new BatchClient(options)).terminate('job-1', 'r'.repeat(2000));
  expect(asked).toEqual([{ action: '/v1/terminatejob', body: { jobId: 'job-1', reason: 'r'.repeat(1024) } }]);
});
