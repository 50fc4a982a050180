/** CodeBuild, ECR, CloudFormation's address and the public registry, as their wires are. */
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { ECRClient } from '@aws-sdk/client-ecr';
import { afterEach, expect, test } from '@jest/globals';
import { codeBuilds } from '../../../lambdas/adapters/builds.ts';
import { sendAnswer } from '../../../lambdas/adapters/cloud-formation.ts';
import { imageRegistry } from '../../../lambdas/adapters/image-registry.ts';
import { newestDigest } from '../../../lambdas/adapters/public-registry.ts';
import type { Answer } from '../../../lambdas/image-build/answer.ts';
import { PassingTrouble } from '../../../lambdas/image-build/ensure-image.ts';
import { clientOptions, type HttpAnswer, type HttpServer, httpServer } from '../../support/http-server.ts';
import { ORDER } from '../image-build/world.ts';

let server: HttpServer | undefined;
afterEach(() => server?.close());

async function serving(...answers: HttpAnswer[]) {
  let at = 0;
  const started = await httpServer(() => answers[Math.min(at++, answers.length - 1)] ?? {});
  server = started;
  return started;
}
const json = (body: object): HttpAnswer => ({
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body,
});
const refusal = (name: string, status = 400): HttpAnswer => ({ ...json({ __type: name }), status });
const bodyOf = (started: HttpServer) => JSON.parse(started.requests[0]?.body ?? '{}');

test('a build is started from exactly the source that the tag names', async () => {
  const started = await serving(json({ build: { id: 'p:1' } }));
  expect(await codeBuilds(new CodeBuildClient(clientOptions(started.url))).start(ORDER, 'token-1')).toBe(
    'p:1',
  );
  expect(bodyOf(started)).toEqual({
    projectName: 'belay-image-lambdas-arm64',
    idempotencyToken: 'token-1',
    sourceLocationOverride: 'assets/source.zip',
    environmentVariablesOverride: [
      {
        name: 'IMAGE',
        value:
          '123456789012.dkr.ecr.eu-west-1.amazonaws.com/belay-lambdas:abcdefabcdef1234-000000000000-arm64',
      },
      {
        name: 'BASE_ARGUMENTS',
        value: `--build-arg BASE_IMAGE=public.ecr.aws/lambda/nodejs:24@sha256:${'1'.repeat(64)}`,
      },
    ],
  });
});

test.each([
  ['a full queue', refusal('AccountLimitExceededException')],
  ['a throttle', refusal('ThrottlingException')],
  ['trouble of the service', refusal('InternalFailure', 500)],
])('%s passes', async (_, answer) => {
  const started = await serving(answer);
  const builds = codeBuilds(new CodeBuildClient(clientOptions(started.url)));
  await expect(builds.look('p:1')).rejects.toThrow(PassingTrouble);
});

test('a refusal does not pass', async () => {
  const started = await serving(refusal('AccessDeniedException'));
  const looking = codeBuilds(new CodeBuildClient(clientOptions(started.url))).look('p:1');
  await expect(looking).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
  await expect(looking).rejects.not.toThrow(PassingTrouble);
});

test('of a failed build the phase and its words are told', async () => {
  const build = {
    id: 'p:1',
    buildStatus: 'FAILED',
    phases: [
      { phaseType: 'PRE_BUILD', phaseStatus: 'SUCCEEDED' },
      { phaseType: 'BUILD', phaseStatus: 'FAILED', contexts: [{ message: 'docker: exit status 1' }] },
      { phaseType: 'COMPLETED' },
    ],
    logs: { deepLink: 'https://log' },
  };
  const started = await serving(json({ builds: [build] }), json({ builds: [], buildsNotFound: ['p:1'] }));
  const builds = codeBuilds(new CodeBuildClient(clientOptions(started.url)));
  expect(await builds.look('p:1')).toEqual({
    status: 'failed',
    problem: 'it ended as FAILED, in phase BUILD, docker: exit status 1',
    log: 'https://log',
  });
  expect(await builds.look('p:1')).toBeUndefined();
});

test('a tag has a digest, or there is no such image or repository; a refusal is an error', async () => {
  const started = await serving(
    json({ imageDetails: [{ imageDigest: 'sha256:1' }] }),
    refusal('ImageNotFoundException'),
    refusal('RepositoryNotFoundException'),
    refusal('AccessDeniedException'),
  );
  const { digestOf } = imageRegistry(new ECRClient(clientOptions(started.url)));
  expect(await digestOf('r', 't')).toBe('sha256:1');
  expect(bodyOf(started)).toEqual({ repositoryName: 'r', imageIds: [{ imageTag: 't' }] });
  expect(await digestOf('r', 't')).toBeUndefined();
  expect(await digestOf('r', 't')).toBeUndefined();
  await expect(digestOf('r', 't')).rejects.toThrow();
});

test('a repository is made once, so that its tags cannot be moved', async () => {
  const started = await serving(json({ repository: {} }), refusal('RepositoryAlreadyExistsException'));
  const { ensureRepository } = imageRegistry(new ECRClient(clientOptions(started.url)));
  await ensureRepository('belay-app/7/web');
  expect(bodyOf(started)).toEqual({
    repositoryName: 'belay-app/7/web',
    imageTagMutability: 'IMMUTABLE',
    imageScanningConfiguration: { scanOnPush: true },
  });
  await ensureRepository('belay-app/7/web');
});

const ANSWER: Answer = {
  Status: 'SUCCESS',
  Reason: 'built',
  PhysicalResourceId: 'image-A',
  StackId: 's',
  RequestId: 'r',
  LogicalResourceId: 'A',
};

test('an answer is put until it is taken, without a content type', async () => {
  const started = await serving({ status: 503 }, {});
  await sendAnswer(`${started.url}/answer?signature=x`, ANSWER, 1);
  expect(started.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'PUT /answer?signature=x',
    'PUT /answer?signature=x',
  ]);
  expect(started.requests[1]?.headers['content-type']).toBe('');
  expect(JSON.parse(started.requests[1]?.body ?? '')).toEqual(ANSWER);
});

test('an address that takes no answer is not told to anybody', async () => {
  const started = await serving({ status: 403 });
  const sending = sendAnswer(`${started.url}/answer?signature=x`, ANSWER, 1);
  await expect(sending).rejects.toThrow('answering CloudFormation for A: S3 answered 403, 5 times');
  await expect(sending).rejects.not.toThrow('signature');
});

test('a tag that points to one architecture alone is no base', async () => {
  const started = await serving(json({ token: 't' }), {
    headers: {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'docker-content-digest': `sha256:${'1'.repeat(64)}`,
    },
  });
  await expect(newestDigest('lambda/nodejs', '24', started.url)).rejects.toThrow('no index with a digest');
  expect(started.requests[1]?.headers.authorization).toBe('Bearer t');
});
