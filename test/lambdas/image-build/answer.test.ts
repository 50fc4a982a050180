/** What CloudFormation is answered, whatever the build does. */
import { describe, expect, test } from '@jest/globals';
import { answerCloudFormation } from '../../../lambdas/image-build/answer.ts';
import { ORDER, world } from './world.ts';

const request = (RequestType: 'Create' | 'Update' | 'Delete', more: object = {}) => ({
  RequestType,
  ResponseURL: 'https://cloudformation-custom-resource.s3.amazonaws.com/x?signature=y',
  StackId: 'arn:stack',
  RequestId: 'request-1',
  ResourceType: 'Custom::BelayImage',
  LogicalResourceId: 'FunctionsImage',
  ResourceProperties: { ...ORDER, ServiceToken: 'arn:function', ServiceTimeout: '960' },
  ...more,
});

const IDENTITY = {
  PhysicalResourceId: 'image-FunctionsImage',
  StackId: 'arn:stack',
  RequestId: 'request-1',
  LogicalResourceId: 'FunctionsImage',
};
const FAILED_BUILD =
  'building the image belay-lambdas:abcdefabcdef1234-000000000000-arm64 with the CodeBuild project belay-image-lambdas-arm64';

test('Create builds the image that is not there', async () => {
  const { ports, started, answers } = world({ looks: ['unknown', 'running', 'succeeded'] });
  await answerCloudFormation(request('Create'), ports);
  expect(started).toEqual([{ order: ORDER, token: 'request-1' }]);
  expect(answers).toEqual([{ ...IDENTITY, Status: 'SUCCESS', Reason: 'the image was built' }]);
});

test('a rollback asks for the old tag, which is there: no build, and the same physical id', async () => {
  const { ports, started, answers, waited } = world({ tags: [ORDER.tag] });
  await answerCloudFormation(request('Update', { PhysicalResourceId: 'image-FunctionsImage' }), ports);
  expect(started).toEqual([]);
  expect(waited()).toBe(0);
  expect(answers).toEqual([{ ...IDENTITY, Status: 'SUCCESS', Reason: 'the image was there already' }]);
});

test.each([
  ['of what was', ORDER],
  ['of what never came to be', { ServiceToken: 'arn:function' }],
])('Delete %s succeeds without a question to anybody', async (_, ResourceProperties) => {
  const { ports, answers } = world();
  const never = () => Promise.reject(new Error('the repository is gone'));
  await answerCloudFormation(request('Delete', { ResourceProperties }), { ...ports, hasImage: never });
  expect(answers).toMatchObject([{ Status: 'SUCCESS' }]);
});

/** A first deployment that failed leaves a stack that is protected against deletion. */
const AGAIN =
  'deploy again; if it was the first deployment, before that: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name Belay';

describe('a failure is answered with what went wrong and what to do', () => {
  test.each([
    [
      'a build that failed',
      { looks: ['running', 'failed'] as const },
      `${FAILED_BUILD}: it ended as FAILED, in phase BUILD, exit status 1. The log: https://log. Set it right and ${AGAIN}`,
    ],
    [
      'a build that pushed nothing',
      { pushesNothing: true },
      `${FAILED_BUILD}: the build succeeded and pushed nothing. The log: https://log. Set it right and ${AGAIN}`,
    ],
    [
      'a build that does not end',
      { looks: ['running'] as const },
      `${FAILED_BUILD}: it took too long and was stopped. Then ${AGAIN}`,
    ],
  ])('%s', async (_, script, Reason) => {
    const { ports, answers } = world(script);
    await answerCloudFormation(request('Create'), ports);
    expect(answers).toEqual([{ ...IDENTITY, Status: 'FAILED', Reason }]);
  });

  test('bad properties', async () => {
    const { ports, answers, started } = world();
    await answerCloudFormation(request('Create', { ResourceProperties: { project: 'p' } }), ports);
    expect(started).toEqual([]);
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining('repository') }]);
  });

  test('a refusal of AWS, cut to what an answer may hold', async () => {
    const { ports, answers } = world();
    const denied = () => Promise.reject(new Error('x'.repeat(9000)));
    await answerCloudFormation(request('Create'), { ...ports, hasImage: denied });
    expect(answers[0]?.Status).toBe('FAILED');
    expect(Buffer.byteLength(JSON.stringify(answers[0]))).toBeLessThan(4096);
  });
});

test('a build that does not end is stopped', async () => {
  const { ports, stopped, waited } = world({ looks: ['running'] });
  await answerCloudFormation(request('Create'), ports);
  expect(stopped).toEqual(['belay-image-lambdas-arm64:1']);
  expect(waited()).toBeLessThan(14 * 60_000);
});

test('throttled looks and a full queue are waited out', async () => {
  const { ports, answers, started } = world({
    refusals: 3,
    looks: ['throttled', 'throttled', 'running', 'throttled', 'succeeded'],
  });
  await answerCloudFormation(request('Create'), ports);
  expect(started).toHaveLength(1);
  expect(answers).toMatchObject([{ Status: 'SUCCESS' }]);
});

test('a queue that stays full to the end says to ask for more', async () => {
  const { ports, answers } = world({ refusals: 10_000 });
  await answerCloudFormation(request('Create'), ports);
  expect(answers[0]?.Status).toBe('FAILED');
  expect(answers[0]?.Reason).toContain('Cannot have more than 5 builds in queue');
  expect(answers[0]?.Reason).toContain('ask for a higher CodeBuild quota');
});

test('looks that are throttled to the end stop the build that nobody waits for', async () => {
  const { ports, answers, stopped } = world({ looks: ['throttled'] });
  await answerCloudFormation(request('Create'), ports);
  expect(answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining('Rate exceeded') }]);
  expect(stopped).toEqual(['belay-image-lambdas-arm64:1']);
});

test('of two builds of one tag the slower one fails, and the image is there', async () => {
  const { ports, tags, answers } = world({ looks: ['running', 'failed'] });
  const wait = async (milliseconds: number) => {
    tags.add(ORDER.tag);
    return ports.wait(milliseconds);
  };
  await answerCloudFormation(request('Create'), { ...ports, wait });
  expect(answers).toMatchObject([{ Status: 'SUCCESS', Reason: 'the image was there already' }]);
});

test('an answer that does not arrive fails the invocation, so that Lambda tries again', async () => {
  const { ports } = world({ tags: [ORDER.tag] });
  const send = () => Promise.reject(new Error('no route'));
  await expect(answerCloudFormation(request('Create'), { ...ports, send })).rejects.toThrow('no route');
});
