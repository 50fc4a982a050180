/** The HTTP API of the twin: where the local GitHub delivers webhooks, as it would to API Gateway. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Assembly, RouteDefinition } from '../assembly/model.ts';
import { arnOf } from '../assembly/resource.ts';
import { globMatches } from '../iam/glob.ts';
import { AwsError } from '../wire/errors.ts';
import { readBody } from '../wire/json-service.ts';
import { apiMessage, functionAnswer, type HttpAnswer, requestEvent } from './event.ts';

export interface ApiOptions {
  readonly assembly: Assembly;
  /** Invokes a function; the answer tells what it returned and whether it failed. */
  readonly invoke: (functionArn: string, payload: string) => Promise<{ payload: string; failed: boolean }>;
  /** Port on 127.0.0.1; 0 for any free one. */
  readonly port: number;
}

/** A running API. */
export interface Api {
  readonly url: string;
  close(): Promise<void>;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Starts listening on 127.0.0.1. */
export async function startApi(options: ApiOptions): Promise<Api> {
  const server = createServer((request, response) => {
    answer(options, request).then(
      ({ status, headers, body }) => {
        response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
        response.end(body);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer({ assembly, invoke }: ApiOptions, request: IncomingMessage): Promise<HttpAnswer> {
  const [path = '/'] = (request.url ?? '/').split('?');
  const route = findRoute(assembly.routes, `${request.method} ${path}`);
  let body: Buffer;
  try {
    body = await readBody(request, MAX_BODY_BYTES);
  } catch (error) {
    request.resume();
    if (error instanceof AwsError) return apiMessage(413, 'Request Entity Too Large');
    throw error;
  }
  if (route === undefined) return apiMessage(404, 'Not Found');
  if (!mayInvoke(assembly, route)) return apiMessage(500, 'Internal Server Error');
  const payload = JSON.stringify(requestEvent(request, body, { route, place: assembly.place }));
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), route.timeoutMs);
  try {
    const result = await Promise.race([invoke(route.functionArn, payload), late.promise]);
    if (result === undefined) return apiMessage(503, 'Service Unavailable');
    return result.failed ? apiMessage(500, 'Internal Server Error') : functionAnswer(result.payload);
  } catch {
    return apiMessage(500, 'Internal Server Error');
  } finally {
    clearTimeout(timer);
  }
}

/** Routes with `{parameters}` in their path are not served; `$default` takes what no other route takes. */
function findRoute(routes: readonly RouteDefinition[], key: string): RouteDefinition | undefined {
  const exact = routes.find((route) => route.key === key);
  const anyMethod = routes.find((route) => route.key === key.replace(/^\S+/, 'ANY'));
  return exact ?? anyMethod ?? routes.find((route) => route.key === '$default');
}

/** The function must let API Gateway in: a forgotten permission shows here as it would in AWS. */
function mayInvoke(assembly: Assembly, { apiId, key, functionArn }: RouteDefinition): boolean {
  const [method = '', path = ''] = key.split(' ');
  const source = arnOf(assembly.place, 'execute-api', `${apiId}/$default/${method}${path}`);
  return assembly.invokePermissions.some(
    (permission) =>
      permission.functionArn === functionArn &&
      permission.principal === 'apigateway.amazonaws.com' &&
      (permission.sourceArn === undefined || globMatches(permission.sourceArn, source)),
  );
}
