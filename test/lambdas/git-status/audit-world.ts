/** A ledger with one release, a repository it is kept in, and what `git-status` does of the audit; used by the tests beside it. */
import { entryMessage, nameIn } from '../../../core/audit/entry.ts';
import { releaseKey } from '../../../core/keys.ts';
import type { EntryItem } from '../../../core/ledger/audit-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { gitStatus } from '../../../lambdas/git-status/git-status.ts';
import type { AuditWriter } from '../../../lambdas/github-ports.ts';
import { gitObjectsMemory } from '../../support/git-objects-memory.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NO_NEWS } from '../../support/no-news.ts';
import { NOBODY_COMMENTS } from '../../support/nobody-comments.ts';
import { objectsMemory } from '../../support/objects-memory.ts';
import { segmentsMemory } from '../../support/segments-memory.ts';
import { COMMIT, deploymentItem, ID, outcome, releaseItem, START } from './world.ts';

export const OLDER = 'ba5e000000000000000000000000000000000000';
export const HISTORY = 'belay/dev/history';
export const LAST_GOOD = 'belay/dev/last-good';

/** A ledger with one release and a repository with two commits. `audit`: what stands between. */
export function auditWorld() {
  const ledger = ledgerMemory();
  const store = objectsMemory();
  const repository = gitObjectsMemory({ [COMMIT]: 'tree-new', [OLDER]: 'tree-old' });
  const clock = { now: START };
  const lines: string[] = [];
  const unexpected = async () => {
    throw new Error('the commit has no newest release: nothing is shown');
  };
  const world = {
    ...{ ledger, store, repository, clock, lines },
    audit: repository.writer as AuditWriter | undefined,
    /** One message. */
    async look() {
      const message = {
        messageId: 'm',
        receiptHandle: 'r',
        body: JSON.stringify({ release: { id: ID, repository: 1, commit: COMMIT } }),
        attributes: { ApproximateReceiveCount: 1 },
      };
      const { batchItemFailures } = await gitStatus(
        { Records: [message] },
        {
          ...NO_NEWS,
          ...{ ledger, store, bucket: 'artifacts', audit: world.audit, writesPerHour: 450 },
          github: {
            ...NOBODY_COMMENTS,
            mode: unexpected,
            createStatus: unexpected,
            createCheckRun: unexpected,
            updateCheckRun: unexpected,
          },
          clock: { now: () => new Date(clock.now) },
          segments: segmentsMemory(),
          messages: { delay: async () => {} },
          log: (event, facts) => void lines.push(JSON.stringify({ event, ...facts })),
        },
      );
      return batchItemFailures.length === 0 ? 'done' : 'again';
    },
    put: (item: OutcomeItem) => ledger.put(ledgerKeys.outcome(1, ID, item), item),
    entry(fence: number, change: Partial<EntryItem> = {}) {
      const { repository: of } = releaseItem();
      const deployed = change.deployed ?? COMMIT;
      const message = entryMessage({
        ...{
          dirty: [],
          isEmpty: false,
          release: { id: ID, commit: COMMIT },
          environment: 'dev',
          operation: 'apply',
          fence,
          deployed,
        },
        verdict: change.isGood === false ? 'rolled-back' : 'succeeded',
        ...{ targets: [outcome('app', { outcome: 'applied' })], actor: 'mira-lind', approvers: [] },
        endedAt: '2026-11-21T08:09:00.000Z',
      });
      const item: EntryItem = {
        ...{ repository: of, release: ID, fence, message, deployed, isGood: true, expiresAt: 2e9 },
        ...change,
      };
      return ledger.put(ledgerKeys.entry(1, 'dev', fence), item, { absent: true });
    },
  };
  return world;
}

export type World = ReturnType<typeof auditWorld>;

/** Its release has ended. */
export async function ended(world: World) {
  await world.ledger.put(ledgerKeys.release(1, ID), releaseItem());
  await world.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem({ verdict: 'succeeded' }));
}

/** Its release is under way in an environment with these facts. */
export async function deploys(world: World, change: { ttl?: number } = {}) {
  await world.ledger.put(ledgerKeys.release(1, ID), releaseItem());
  await world.ledger.put(ledgerKeys.deployment(1, ID, 'dev'), deploymentItem());
  const { repository } = releaseItem();
  const environment = { name: 'dev', account: '111122223333', region: 'eu-west-1', after: [], targets: [] };
  const document = {
    ...{ version: 1, release: { id: ID, repository: 1, commit: COMMIT }, repository, branch: 'main' },
    environments: [{ ...environment, ...change }],
  };
  await world.store.put(releaseKey(1, ID), JSON.stringify(document));
  await world.put(outcome('app'));
}

/** Entries that are still to be written. */
export const left = async (world: World) => (await world.ledger.query('1/history/dev', 'entry/')).length;

/** Of the entries in the history, newest first. */
export const leases = (world: World) =>
  world.repository.messages(HISTORY).map((message) => nameIn(message)?.lease);
