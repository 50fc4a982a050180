/** Starts a gateway in a temporary folder for the endpoint tests, and gives clients what they need to reach it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../local/wire/clock.ts';
import { systemClock } from '../../../local/wire/clock.ts';
import { createCredentialsEndpoint } from '../../../local/wire/credentials-endpoint.ts';
import { startGateway } from '../../../local/wire/gateway.ts';
import { createPrincipals, type Principal, type Principals } from '../../../local/wire/principals.ts';
import type { Authorize, Service } from '../../../local/wire/service.ts';

/** A role every test may act as. */
export const testRole = 'arn:aws:iam::111122223333:role/tester';

/** A clock that stands still until a test moves it. */
export function manualClock(
  start = Date.parse('2026-01-01T00:00:00Z'),
): Clock & { advance(ms: number): void } {
  let now = start;
  let waiting: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    after(ms, wake) {
      const entry = { at: now + ms, wake };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((other) => other !== entry);
      };
    },
    advance(ms) {
      now += ms;
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter(({ at }) => at > now);
      for (const { wake } of due) wake();
    },
  };
}

/** Client settings for a principal. */
export function clientFor(url: string, { credentials }: Principal) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    maxAttempts: 1,
  };
}

/** Settings of a world. */
export interface WorldOptions {
  readonly clock?: Clock;
  readonly authorize?: Authorize;
}

/** Starts a gateway over the services that `build` makes. */
export async function startWorld(
  build: (folder: string, world: { clock: Clock; principals: Principals }) => Service[] | Promise<Service[]>,
  options: WorldOptions = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'belay-wire-'));
  const clock = options.clock ?? systemClock;
  const principals = createPrincipals(clock);
  const endpoint = createCredentialsEndpoint(principals, clock);
  const faults: unknown[] = [];
  const start = async () =>
    startGateway({
      services: await build(folder, { clock, principals }),
      routes: [endpoint.route],
      clock,
      principalOf: principals.principalOf,
      onFault: (error) => void faults.push(error),
      ...(options.authorize === undefined ? {} : { authorize: options.authorize }),
    });
  let gateway = await start();
  const principal = principals.openSession(testRole, { sessionName: 'test' });
  return {
    folder,
    clock,
    principals,
    endpoint,
    principal,
    faults,
    url: () => gateway.url,
    client: () => clientFor(gateway.url, principal),
    async restart() {
      await gateway.close();
      gateway = await start();
    },
    async close() {
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
