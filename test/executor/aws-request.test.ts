/** Signatures: what the SDK's client signs must be signed the same here. */
import {
  InvokeCommand,
  LambdaClient,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-lambda';
import { expect, test } from '@jest/globals';
import type { BuildHandler, BuildHandlerArguments } from '@smithy/types';
import { encodePart, signed } from '../../executor-image/aws-request.ts';

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

function resign(request: Sent): string | undefined {
  const time = request.headers['x-amz-date']?.replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:') ?? '';
  return signed(
    {
      region: 'eu-west-1',
      endpoint: `https://${request.hostname}`,
      path: request.path,
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
  // Ours sends only what must be signed.
  client.middlewareStack.addRelativeTo(
    (next: BuildHandler<ServiceInputTypes, ServiceOutputTypes>) =>
      (args: BuildHandlerArguments<ServiceInputTypes>) => {
        const request = args.request as { headers: object; hostname: string };
        request.headers = { host: request.hostname };
        return next(args);
      },
    { relation: 'before', toMiddleware: 'httpSigningMiddleware' },
  );
  await client
    .send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{"a":1}') }))
    .catch(() => {});
  const [request] = sent;
  expect(request?.path).toBe(`/2015-03-31/functions/${encodePart(name)}/invocations`);
  expect(request && resign(request)).toBe(request?.headers.authorization);
});
