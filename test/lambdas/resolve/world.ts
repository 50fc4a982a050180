/** What `resolve` needs, in memory, and the pushes the tests send it. */
import { resolve as contract } from '../../../core/contracts/functions.ts';
import type { ReleaseRequest } from '../../../core/contracts/operation.ts';
import type { PushReceived } from '../../../core/contracts/push.ts';
import type { Git } from '../../../lambdas/ports.ts';
import { type ResolvePorts, resolve } from '../../../lambdas/resolve/resolve.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NO_MERGE } from '../../support/no-merge.ts';
import { objectsMemory } from '../../support/objects-memory.ts';

export const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
export const REPOSITORY = 861234567;

export const MANIFEST = `version: 1
environments:
  prod: { account: "444455556666", region: eu-west-1, after: dev }
  dev:  { account: "111122223333", region: eu-west-1 }
components:
  network:  { path: components/network, tool: opentofu }
  database: { path: components/database, tool: opentofu, needs: [network] }
`;

export const FILES = {
  'belay.yaml': MANIFEST,
  'components/network/main.tf': 'module "vpc" {\n  source = "../../modules/vpc"\n}\n',
  'components/database/main.tf': 'locals {}\n',
  'modules/vpc/main.tf': `locals {\n  zones = file("\${path.module}/../zones.txt")\n}\n`,
  'modules/zones.txt': 'a b c\n',
};

export const push = (change: Partial<PushReceived> = {}): PushReceived => ({
  delivery: 'guid-1',
  repository: { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' },
  ref: 'refs/heads/main',
  before: '5b1f0c7de2a94c3f8a6b1d0e9f7c6a5b4d3e2f10',
  after: COMMIT,
  forced: false,
  skip: false,
  sender: 'mira-lind',
  ...change,
});

export function world(git: Git, merging: Partial<ResolvePorts> = {}) {
  const ledger = ledgerMemory();
  const objects = objectsMemory();
  const running = new Set<string>();
  const changed: string[] = [];
  const terminated: string[] = [];
  const ports: ResolvePorts = {
    ledger,
    store: objects,
    git,
    ...NO_MERGE,
    planDrafts: false,
    places: { accounts: undefined, regions: undefined },
    ...merging,
    tokens: { succeed: async () => 'gone' as const },
    jobs: { hasEnded: async () => false, wasSubmittedFor: async () => false },
    jobControl: { terminate: async (job) => void terminated.push(job) },
    executions: { isRunning: async (execution) => running.has(execution) },
    statuses: { changed: async ({ id }) => void changed.push(id) },
    clock: { now: () => new Date('2026-11-21T08:00:05.000Z') },
  };
  /** Calls the function as the machine does, with its contract around it. */
  const run = (execution: string, request: ReleaseRequest = push(), through: ResolvePorts = ports) =>
    contract.handle((input) => resolve(input, through))({
      request,
      execution,
      startedAt: '2026-11-21T08:00:00.000Z',
    });
  const item = async (pk: string, sk: string) => ledger.items.get(`${pk} ${sk}`);
  const releases = () =>
    [...ledger.items.values()].filter(({ sk }) => sk === 'release').map(({ id }) => id as string);
  return { ledger, objects, running, changed, terminated, ports, run, item, releases };
}
