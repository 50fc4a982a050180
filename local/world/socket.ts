/**
 * One world for several processes: its owner answers calls on a unix socket, one JSON object a line.
 * Call `{id, method, params}` → `{id, result}` or `{id, error}`; `{changes: […]}` comes unasked after `watch`.
 */
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { World } from '../world.ts';
import type { Change, Listener } from './progress.ts';

/** The methods of a world that other processes may call. */
const METHODS = [
  'push',
  'pull',
  'comments',
  'redeliver',
  'settled',
  'resting',
  'query',
  'releases',
  'artifact',
  'statuses',
  'checks',
  'comment',
  'answersTo',
  'executions',
  'executionHistory',
  'segments',
  'jobs',
  'putSecret',
  'repositoryAt',
  'command',
  'sweep',
  'board',
  'page',
  'webhook',
] as const;
type Method = (typeof METHODS)[number];

/** A world in another process. Closing it only hangs up. */
export type RemoteWorld = Pick<World, Method | 'onProgress' | 'close'>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}
interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly changes?: readonly Change[];
}

/** JSON with what the methods answer besides it: bytes and sets. */
function encode(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Set) return { $set: [...inner] };
    const bytes = inner as { type?: unknown; data?: unknown } | null;
    // Buffers reach a replacer as what their toJSON made of them.
    return bytes?.type === 'Buffer'
      ? { $bytes: Buffer.from(bytes.data as number[]).toString('base64') }
      : inner;
  });
}

function decode(line: string): Answer & Partial<Call> {
  return JSON.parse(line, (_, inner: { $set?: unknown[]; $bytes?: string } | null) => {
    if (typeof inner !== 'object' || inner === null) return inner;
    if (inner.$set !== undefined) return new Set(inner.$set);
    return inner.$bytes === undefined ? inner : Buffer.from(inner.$bytes, 'base64');
  });
}

/** How long other processes may stay when the owner closes. Milliseconds. */
const FAREWELL_MS = 2000;

/** Answers calls until the returned function is called. */
export async function serveWorld(world: World, path: string): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const send = (answer: Answer) => void (socket.writable && socket.write(`${encode(answer)}\n`));
    const stop = world.onProgress((changes) => send({ changes: [...changes] }));
    // A caller that is gone needs no answer.
    socket.on('error', () => {});
    socket.on('close', () => {
      stop();
      sockets.delete(socket);
    });
    createInterface(socket).on('line', (line) => {
      const { id = 0, method = '', params = [] } = decode(line);
      call(world, method, params).then(
        (result) => send({ id, result }),
        (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
      );
    });
  });
  // The socket of an owner that was killed is still there.
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Whoever waited for the same end as the owner gets a moment to read how it was.
    const hangUp = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, FAREWELL_MS);
    await closed;
    clearTimeout(hangUp);
  };
}

async function call(world: World, method: string, params: readonly unknown[]): Promise<unknown> {
  const known = METHODS.find((name) => name === method);
  if (known === undefined) throw new Error(`the twin has no method "${method}"`);
  const run = world[known].bind(world) as (...given: readonly unknown[]) => Promise<unknown>;
  return run(...params);
}

/** Reaches the world that listens on `path`. */
export async function connectWorld(path: string): Promise<RemoteWorld> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const listeners = new Set<Listener>();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  createInterface(socket).on('line', (line) => {
    const { id, result, error, changes } = decode(line);
    if (changes !== undefined) for (const listener of listeners) listener(new Set(changes));
    const caller = waiting.get(id ?? 0);
    waiting.delete(id ?? 0);
    if (error === undefined) caller?.resolve(result);
    else caller?.reject(new Error(error));
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    const gone = new Error('the process that ran the twin has ended; run the command again');
    for (const caller of waiting.values()) caller.reject(gone);
    waiting.clear();
  });
  let calls = 0;
  const remote =
    (method: Method) =>
    (...params: unknown[]) => {
      const caller = Promise.withResolvers<unknown>();
      calls += 1;
      waiting.set(calls, caller);
      socket.write(`${encode({ id: calls, method, params })}\n`);
      return caller.promise;
    };
  const methods = Object.fromEntries(METHODS.map((method) => [method, remote(method)]));
  return {
    ...(methods as Pick<World, Method>),
    onProgress(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      socket.end();
    },
  };
}
