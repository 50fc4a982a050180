/** One HTTP server for every AWS endpoint of the twin: finds the service, the caller and the permission, then hands over. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from './clock.ts';
import { AwsError, type ErrorShape, notServed, renderError } from './errors.ts';
import type { Principal } from './principals.ts';
import type { Authorize, Permission, Service, WireRequest, WireResponse } from './service.ts';
import { type Identity, readIdentity, verifyPresigned } from './sigv4.ts';

/** A path answered without AWS authentication, for example the container credentials endpoint. */
export interface OpenRoute {
  /** Start of the path, for example `/belay-credentials/`. */
  readonly prefix: string;
  /** Answers; undefined means 404. */
  handle(request: IncomingMessage, path: string): Promise<WireResponse | undefined>;
}

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly services: readonly Service[];
  readonly routes?: readonly OpenRoute[];
  readonly clock: Clock;
  /** Looks up the access key a request is signed with. */
  readonly principalOf: (accessKeyId: string) => Principal | undefined;
  /** IAM evaluation. @default everything is allowed */
  readonly authorize?: Authorize;
  /** Hears of errors that are no answers of AWS: defects of the twin. */
  readonly onFault?: (error: unknown, request: string) => void;
  /** Port on 127.0.0.1. @default any free one */
  readonly port?: number;
}

/** A running gateway. */
export interface Gateway {
  /** What AWS_ENDPOINT_URL has to be: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Closes every connection, which ends long polls; resolves when the port is free and no service is at work. */
  close(): Promise<void>;
}

/** Starts listening on 127.0.0.1. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const byTarget = new Map<string, Service>();
  const byName = new Map<string, Service>();
  for (const service of options.services) {
    byName.set(service.name, service);
    if (service.target !== undefined) byTarget.set(service.target, service);
  }
  const directory = { byTarget, byName };
  const running = new Set<Promise<void>>();
  const server = createServer((incoming, outgoing) => {
    const answered = serve({ options, directory }, incoming, outgoing).catch((error: unknown) => {
      options.onFault?.(error, `${incoming.method} ${incoming.url}`);
      outgoing.destroy();
    });
    running.add(answered);
    void answered.then(() => running.delete(answered));
  });
  // Uploads may take longer than Node's five minutes, and clients keep idle connections longer than its five seconds.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.all(running);
    },
  };
}

interface Surroundings {
  readonly options: GatewayOptions;
  readonly directory: { byTarget: ReadonlyMap<string, Service>; byName: ReadonlyMap<string, Service> };
}

async function serve(
  surroundings: Surroundings,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { options } = surroundings;
  const id = randomUUID();
  const url = incoming.url ?? '/';
  const [path = '/', search = ''] = splitOnce(url, '?');
  let shape: ErrorShape = 's3';
  let response: WireResponse;
  const hangUp = new AbortController();
  outgoing.once('close', () => hangUp.abort());
  try {
    const route = options.routes?.find((candidate) => path.startsWith(candidate.prefix));
    if (route === undefined) {
      checkPath(path);
      const query = new URLSearchParams(search);
      const signed = { method: incoming.method ?? 'GET', path, query, headers: incoming.headers };
      const identity = readIdentity(signed);
      const [target = '', operation = ''] = splitOnce(String(incoming.headers['x-amz-target'] ?? ''), '.');
      const service = findService(surroundings.directory, target, identity);
      shape = service?.errors ?? (target === '' ? 's3' : 'json');
      if (identity === undefined) throw unsigned(shape);
      const principal = authenticate(options, shape, identity);
      if (identity.presigned) {
        verifyPresigned(signed, identity, principal.credentials.secretAccessKey, options.clock.now());
      }
      if (service === undefined) throw notServed(identity.service, operation || `${signed.method} ${path}`);
      const request: WireRequest = {
        ...signed,
        id,
        operation,
        principal,
        region: identity.region,
        body: incoming,
        signal: hangUp.signal,
        authorize: (permission) => authorize(options, { shape, principal }, permission),
      };
      response = await service.handle(request);
    } else {
      response = (await route.handle(incoming, path)) ?? { status: 404 };
    }
  } catch (error) {
    if (!(error instanceof AwsError)) {
      if (hangUp.signal.aborted) return;
      options.onFault?.(error, `${incoming.method} ${url}`);
    }
    response = renderError(shape, asAwsError(error), id);
  }
  await send(incoming, outgoing, { ...response, headers: { ...response.headers, ...requestIds(id) } });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Services decode the path freely after this. */
function checkPath(path: string): void {
  try {
    decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', `Couldn't parse the specified URI ${path}.`, 400);
  }
}

function requestIds(id: string): Record<string, string> {
  return { 'x-amzn-requestid': id, 'x-amz-request-id': id };
}

function findService(
  directory: Surroundings['directory'],
  target: string,
  identity: Identity | undefined,
): Service | undefined {
  if (target !== '') return directory.byTarget.get(target);
  return directory.byName.get(identity?.service ?? 's3');
}

/** The caller behind the access key; throws what AWS answers to a missing, unknown, mismatched or expired one. */
function authenticate(options: GatewayOptions, shape: ErrorShape, identity: Identity): Principal {
  const principal = options.principalOf(identity.accessKeyId);
  if (principal === undefined) {
    throw shape === 's3'
      ? new AwsError(
          'InvalidAccessKeyId',
          `The access key ${identity.accessKeyId} was not issued by this twin.`,
          403,
        )
      : new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  }
  if (identity.sessionToken !== principal.credentials.sessionToken) {
    const code = shape === 's3' ? 'InvalidToken' : 'InvalidClientTokenId';
    throw new AwsError(code, 'The session token does not belong to the access key.', 403);
  }
  if (options.clock.now() >= principal.credentials.expiresAt) {
    const code = shape === 'json' ? 'ExpiredTokenException' : 'ExpiredToken';
    throw new AwsError(
      code,
      'The security token included in the request is expired',
      shape === 's3' ? 400 : 403,
    );
  }
  return principal;
}

function unsigned(shape: ErrorShape): AwsError {
  return shape === 's3'
    ? new AwsError('AccessDenied', 'Access Denied: the request is not signed with Signature Version 4.', 403)
    : new AwsError('MissingAuthenticationToken', 'Missing Authentication Token', 403);
}

function authorize(
  options: GatewayOptions,
  caller: { shape: ErrorShape; principal: Principal },
  permission: Permission,
): void {
  const refusal = options.authorize?.({ principal: caller.principal, ...permission });
  if (refusal === undefined) return;
  const resource = permission.resource === undefined ? '' : ` on resource: ${permission.resource}`;
  const message = `User: ${caller.principal.arn} is not authorized to perform: ${permission.action}${resource} because ${refusal}`;
  throw caller.shape === 'json'
    ? new AwsError('AccessDeniedException', message, 400)
    : new AwsError('AccessDenied', message, 403);
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AwsError('InternalFailure', `The local twin failed to answer: ${reason}`, 500);
}

async function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  response: WireResponse,
): Promise<void> {
  const { body } = response;
  // A client that is still sending would never read an answer given early: let it finish.
  if (!incoming.complete) incoming.resume();
  if (body instanceof Readable) {
    outgoing.writeHead(response.status, response.headers);
    await pipeline(body, outgoing).catch(() => outgoing.destroy());
    return;
  }
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  outgoing.writeHead(response.status, { 'content-length': length, ...response.headers });
  outgoing.end(body);
}
