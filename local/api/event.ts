/** HTTP requests and answers in the words of API Gateway's payload format 2.0. Used by `server.ts`. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { RouteDefinition } from '../assembly/model.ts';
import type { Place } from '../assembly/resource.ts';

/** Bodies of these types travel as text, all others as base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml|graphql|[\w.-]+\+(json|xml)))/;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function requestEvent(
  request: IncomingMessage,
  body: Buffer,
  { route, place }: { route: RouteDefinition; place: Place },
): object {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const headers = Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name !== 'cookie')
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]),
  );
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  const isText = TEXT.test(headers['content-type'] ?? 'text/plain');
  const now = new Date();
  const domainName = `${route.apiId}.execute-api.${place.region}.amazonaws.com`;
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: query,
    ...(request.headers.cookie === undefined ? {} : { cookies: request.headers.cookie.split('; ') }),
    headers,
    ...(parameters.size === 0 ? {} : { queryStringParameters: Object.fromEntries(parameters) }),
    requestContext: {
      accountId: place.account,
      apiId: route.apiId,
      domainName,
      domainPrefix: route.apiId,
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** What goes back to the HTTP client. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string | Buffer;
}

const answerSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** An answer of API Gateway itself. */
export function apiMessage(status: number, message: string): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

/** What the function returned (JSON text), as HTTP; without a `statusCode` the value itself is the body. */
export function functionAnswer(payload: string): HttpAnswer {
  const value: unknown = JSON.parse(payload);
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  }
  const answer = answerSchema.safeParse(value);
  if (!answer.success) return apiMessage(500, 'Internal Server Error');
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer.data;
  return {
    status: statusCode,
    headers: {
      ...Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name.toLowerCase(), String(text)]),
      ),
      ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}
