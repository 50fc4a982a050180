/** Opens the local twin for a file of end-to-end tests, pushes repositories into it, and waits for what becomes of them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type EnvironmentItem, environmentItemSchema } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { deliveryItemSchema } from '../../../core/ledger/release-items.ts';
import { loadAssembly } from '../../../local/assembly/load.ts';
import type { Assembly } from '../../../local/assembly/model.ts';
import { reportOnPush } from '../../../local/cli/commands/push.ts';
import type { ReleaseReport } from '../../../local/cli/report.ts';
import type { PushReceipt } from '../../../local/cli/twin.ts';
import { openWorld, type World, type WorldOptions } from '../../../local/world.ts';
import { recorder } from '../../grants/recorder.ts';
import { makeRepository, type Repository } from './repository.ts';

/** The assembly that `npm test` has synthesized. */
export const cdkOut = join(import.meta.dirname, '../../../cdk.out');

let loaded: Assembly | undefined;
/** The roles do not depend on where a twin listens. */
function assembly(): Assembly {
  loaded ??= loadAssembly({ cdkOut, endpoint: 'http://127.0.0.1:1' });
  return loaded;
}

/** A folder for one file of tests: repositories, what they deploy, and an empty home. */
export interface TestFolder {
  readonly folder: string;
  /** No configuration of whoever runs the tests. */
  readonly home: string;
  /** A new repository; one by that name must not exist. */
  repository(name: string): Repository;
  /** Where the manifest of a test deploys files to. */
  deployed(...path: string[]): string;
  remove(): void;
}

export interface TestTwin extends TestFolder {
  readonly world: World;
  /** What the stack's own code and services were refused so far. */
  readonly refused: Set<string>;
  /** Pushes HEAD and answers with the report once the release and its statuses have ended. */
  push(repository: Repository, ref?: string): Promise<ReleaseReport>;
  /** Waits for the end of a push that was begun otherwise. */
  ended(receipt: PushReceipt): Promise<ReleaseReport>;
  environment(repository: Repository, name: string): Promise<EnvironmentItem>;
  /** Fails when the twin had anything to complain about (lost events, defects of its own), or refused the stack something. */
  close(): Promise<void>;
}

export function makeTestFolder(): TestFolder {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'belay-e2e-')));
  const home = join(folder, 'home');
  mkdirSync(home);
  return {
    folder,
    home,
    repository: (name) => makeRepository(join(folder, 'repositories', name)),
    deployed: (...path) => join(folder, 'deployed', ...path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** `more` is given the folder. PATH and an empty HOME are the twin's environment unless it says otherwise. */
export async function openTestTwin(
  more: (folder: string) => Partial<WorldOptions> = () => ({}),
): Promise<TestTwin> {
  const place = makeTestFolder();
  const options = more(place.folder);
  const complaints: string[] = [];
  const decisions = recorder(assembly());
  const world = await openWorld({
    decided: decisions.hear,
    stateDir: join(place.folder, 'state'),
    cdkOut,
    log: (message) => void complaints.push(message),
    ...options,
    environment: { PATH: process.env.PATH, HOME: place.home, ...options.environment },
  });
  const ended = async (receipt: PushReceipt) => {
    const execution = await resolvedBy(world, receipt);
    await until(`the end of delivery ${receipt.delivery}`, () => {
      const statuses = new Map(world.parts.executions.entries().map(({ arn, status }) => [arn, status]));
      return statuses.get(execution) !== 'RUNNING';
    });
    await until('the statuses on GitHub', async () => !world.parts.eventSources.busy);
    return (await reportOnPush(world, receipt)).report;
  };
  return {
    ...place,
    world,
    refused: decisions.refused,
    ended,
    push: async ({ directory }, ref) => ended(await world.push({ directory, ref })),
    async environment({ directory }, name) {
      const id = await world.repositoryAt(directory);
      const { pk, sk } = ledgerKeys.environment(id ?? 0, name);
      const [item] = await world.query(pk, sk);
      return environmentItemSchema.parse(item);
    },
    async close() {
      await world.close();
      place.remove();
      decisions.save();
      expect(complaints).toEqual([]);
      expect([...decisions.refused]).toEqual([]);
    },
  };
}

/** The execution that has made the delivery its own for good: every other one that it started ends at once. */
async function resolvedBy(world: World, { delivery }: PushReceipt): Promise<string> {
  const key = ledgerKeys.delivery(delivery);
  let execution = '';
  await until(`delivery ${delivery} to be resolved`, async () => {
    const [item] = await world.query(key.pk, key.sk);
    if (item === undefined) return false;
    const { state, execution: owner } = deliveryItemSchema.parse(item);
    execution = owner;
    return state === 'resolved';
  });
  return execution;
}

/** Before a test gives up, on however slow a machine; less than jest's own timeout, which says less. Milliseconds. */
const PATIENCE = 500_000;

/** Looking takes time from what is looked at. Milliseconds. */
const LOOK_EVERY_MS = 50;

/** Looks until the condition holds. @throws Error naming what never came. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
