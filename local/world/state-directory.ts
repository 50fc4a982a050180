/** A state directory: owned by one process at a time, with the same ports at every start if they are free. */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, uptime } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../wire/files.ts';

const ownerSchema = z.object({
  pid: z.int(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  /** Where the owner listens for other commands. */
  socket: z.string(),
});
/** The process that owns a state directory. */
export type Owner = z.infer<typeof ownerSchema>;

/** Thrown when another process owns the directory; talk to it through `owner.socket`. */
export class StateDirectoryInUse extends Error {
  readonly owner: Owner;

  constructor(directory: string, owner: Owner) {
    super(`opening the state directory ${directory}: process ${owner.pid} owns it`);
    this.name = 'StateDirectoryInUse';
    this.owner = owner;
  }
}

/** An owned state directory. */
export interface StateDirectory {
  readonly path: string;
  readonly socket: string;
  /** Gives the directory free. */
  release(): void;
}

/** The longest path of a socket that every system takes (macOS: 104 bytes with the closing zero). */
const SOCKET_PATH_LIMIT = 100;

function socketPath(directory: string): string {
  const inside = join(directory, 'twin.sock');
  if (Buffer.byteLength(inside) <= SOCKET_PATH_LIMIT) return inside;
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  return join(tmpdir(), `belay-${hash}.sock`);
}

/** Becomes the owner of a directory, making it when it is not there. Throws StateDirectoryInUse. */
export function ownStateDirectory(directory: string): StateDirectory {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const file = join(path, 'owner.json');
  const socket = socketPath(path);
  const owner: Owner = { pid: process.pid, startedAt: Date.now(), socket };
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(owner));
  try {
    // A link is made for one process only, and shows the whole file from the first moment.
    while (!linked(own, file)) {
      const other = ownerIn(file);
      if (other !== undefined && isAlive(other)) throw new StateDirectoryInUse(path, other);
      removeStale(file, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return { path, socket, release: () => rmSync(file, { force: true }) };
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ownerIn(file: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Two processes may find the same dead owner: what was moved away must still be the dead one. */
function removeStale(file: string, own: string): void {
  const moved = `${own}.stale`;
  try {
    renameSync(file, moved);
  } catch {
    return;
  }
  const owner = ownerIn(moved);
  if (owner !== undefined && isAlive(owner)) linked(moved, file);
  rmSync(moved, { force: true });
}

function isAlive({ pid, startedAt }: Owner): boolean {
  // After a restart of the machine the number belongs to somebody else.
  if (Date.now() - startedAt > uptime() * 1000) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const portsSchema = z.object({ aws: z.int(), api: z.int(), github: z.int() });
/** The ports of a twin, on 127.0.0.1. */
export type Ports = z.infer<typeof portsSchema>;

/** The ports of the last start where they are still free, and others where they are not. */
export async function choosePorts(directory: string): Promise<Ports> {
  const file = join(directory, 'ports.json');
  let last: Ports = { aws: 0, api: 0, github: 0 };
  try {
    last = portsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The first start, or a file somebody broke: any ports will do.
  }
  const [aws, api, github] = await Promise.all([
    freePort(last.aws),
    freePort(last.api),
    freePort(last.github),
  ]);
  const ports = { aws, api, github };
  if (JSON.stringify(ports) !== JSON.stringify(last)) writeFileAtomic(file, JSON.stringify(ports));
  return ports;
}

function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : wanted));
    });
  });
}
