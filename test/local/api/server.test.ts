import { afterEach, expect, test } from '@jest/globals';
import { type Api, startApi } from '../../../local/api/server.ts';
import { loadAssembly } from '../../../local/assembly/load.ts';
import { writeStack } from '../world/small-stack.ts';

let api: Api | undefined;
afterEach(() => api?.close());

const resources = (source = '/*/*/webhook', timeout = 30_000) => ({
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: 'api' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId: { Ref: 'Api' },
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': ['Functionhook', 'Arn'] },
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: timeout,
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'POST /webhook',
      Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
    },
  },
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: { 'Fn::GetAtt': ['Functionhook', 'Arn'] },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: {
        'Fn::Join': [
          '',
          [
            'arn:aws:execute-api:',
            { Ref: 'AWS::Region' },
            ':',
            { Ref: 'AWS::AccountId' },
            ':',
            { Ref: 'Api' },
            source,
          ],
        ],
      },
    },
  },
});

/** An API whose function answers with `answer(event)`; undefined makes it fail. */
async function serve(answer: (event: Record<string, unknown>) => unknown, stack = resources()) {
  const cdkOut = writeStack({ functions: { hook: '' }, resources: stack });
  const assembly = loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:1' });
  const started = await startApi({
    assembly,
    port: 0,
    invoke: async (_, payload) => {
      const value = await answer(JSON.parse(payload));
      return value === undefined
        ? { payload: '{}', failed: true }
        : { payload: JSON.stringify(value), failed: false };
    },
  });
  api = started;
  return started.url;
}

test('a request becomes an event of payload format 2.0, the answer a response', async () => {
  let seen: unknown;
  const url = await serve((event) => {
    seen = event;
    return { statusCode: 202, headers: { 'X-Answer': 'yes' }, body: 'taken' };
  });
  const response = await fetch(`${url}/webhook?a=1&a=2&b=`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-GitHub-Event': 'push', 'user-agent': 'test' },
    body: '{"é":1}',
  });
  expect([response.status, response.headers.get('x-answer'), await response.text()]).toEqual([
    202,
    'yes',
    'taken',
  ]);
  expect(seen).toMatchObject({
    version: '2.0',
    routeKey: 'POST /webhook',
    rawPath: '/webhook',
    rawQueryString: 'a=1&a=2&b=',
    queryStringParameters: { a: '1,2', b: '' },
    headers: { 'content-type': 'application/json', 'x-github-event': 'push' },
    body: '{"é":1}',
    isBase64Encoded: false,
    requestContext: {
      accountId: '123456789012',
      stage: '$default',
      http: { method: 'POST', path: '/webhook' },
    },
  });
});

test('a body that is no text travels as base64', async () => {
  const url = await serve(({ body, isBase64Encoded }) => ({
    statusCode: 200,
    body: `${body} ${isBase64Encoded}`,
  }));
  const response = await fetch(`${url}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'payload=%7B%7D',
  });
  expect(await response.text()).toBe('cGF5bG9hZD0lN0IlN0Q= true');
});

test.each([
  ['another path', 'POST', '/other', 404, { message: 'Not Found' }],
  ['another method', 'GET', '/webhook', 404, { message: 'Not Found' }],
])('%s has no route', async (_, method, path, status, body) => {
  const response = await fetch((await serve(() => 1)) + path, { method });
  expect([response.status, await response.json()]).toEqual([status, body]);
});

test.each([
  ['a function that fails', () => undefined, resources(), 500],
  ['an answer that is no answer', () => ({ statusCode: 'many' }), resources(), 500],
  ['a function API Gateway may not invoke', () => ({ statusCode: 200 }), resources('/*/*/other'), 500],
  ['a function that takes too long', () => new Promise(() => {}), resources('/*', 50), 503],
])('%s is answered by the API itself', async (_, answer, stack, status) => {
  const response = await fetch(`${await serve(answer, stack)}/webhook`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(status);
});

test('a body over ten megabytes is refused', async () => {
  const url = await serve(() => ({ statusCode: 200 }));
  const response = await fetch(`${url}/webhook`, { method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) });
  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});
