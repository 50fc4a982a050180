/** Signatures: AWS's published example, and whatever the SDK's clients sign must be signed the same here. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import { encodePart, signed } from '../../executor-image/aws-request.ts';

test('the example of the S3 documentation', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html ("GET Object")
  const { headers } = signed(
    {
      service: 's3',
      region: 'us-east-1',
      endpoint: 'https://examplebucket.s3.amazonaws.com',
      method: 'GET',
      path: '/test.txt',
      headers: { range: 'bytes=0-9' },
    },
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: '',
    },
    new Date('2013-05-24T00:00:00Z'),
  );
  expect(headers.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
});

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret/key+', sessionToken: 'session' };

interface Sent {
  readonly hostname: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** What a client of the SDK would have sent. */
function capture(): { sent: Sent[]; requestHandler: { handle(request: Sent): Promise<never> } } {
  const sent: Sent[] = [];
  const handle = async (request: Sent): Promise<never> => {
    sent.push(request);
    throw new Error('captured');
  };
  return { sent, requestHandler: { handle } };
}

function resign(service: 'lambda' | 'sts', request: Sent): string | undefined {
  const names = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const own = ['host', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'];
  const headers = Object.fromEntries(
    names.filter((name) => !own.includes(name)).map((name) => [name, request.headers[name] ?? '']),
  );
  const time = request.headers['x-amz-date']?.replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:') ?? '';
  return signed(
    {
      service,
      region: 'eu-west-1',
      endpoint: `https://${request.hostname}`,
      method: 'POST',
      path: request.path,
      headers,
      body: Buffer.from(request.body ?? '').toString(),
    },
    credentials,
    new Date(time),
  ).headers.authorization;
}

test('the same as the SDK: a function named by its ARN', async () => {
  const { sent, requestHandler } = capture();
  const client = new LambdaClient({ region: 'eu-west-1', credentials, requestHandler, maxAttempts: 1 });
  const name = 'arn:aws:lambda:eu-west-1:111122223333:function:admit';
  await client
    .send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{"a":1}') }))
    .catch(() => {});
  const [request] = sent;
  expect(request?.path).toBe(`/2015-03-31/functions/${encodePart(name)}/invocations`);
  expect(request && resign('lambda', request)).toBe(request?.headers.authorization);
});

test('the same as the SDK: assuming a role', async () => {
  const { sent, requestHandler } = capture();
  const client = new STSClient({ region: 'eu-west-1', credentials, requestHandler, maxAttempts: 1 });
  await client
    .send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::111122223333:role/x', RoleSessionName: 's' }))
    .catch(() => {});
  const [request] = sent;
  expect(request?.hostname).toBe('sts.eu-west-1.amazonaws.com');
  expect(request && resign('sts', request)).toBe(request?.headers.authorization);
});
