/** A release and a commit as the ledger tells them, with everything that GitHub is told of. Used by the files beside. */
import { rollbackPrefixes, withRollbackQuestions } from '../../core/deployment/rollback-questions.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import {
  type CheckItem,
  checkItemSchema,
  commitItemSchema,
  type DelayItem,
  delayItemSchema,
  deploymentItemSchema,
  releaseItemSchema,
  type StatusItem,
  statusItemSchema,
} from '../../core/ledger/release-items.ts';
import { jobTimesItemSchema, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import type { Ledger } from '../ports.ts';
import type { ReleaseAddress } from '../shared/items.ts';

/** One read of everything (and one of its jobs' times, when it has ended): a look at a release is the most frequent thing Belay does. */
export async function readRecord(
  { repository, id }: ReleaseAddress,
  ledger: Ledger,
): Promise<ReleaseRecord | undefined> {
  const { pk, sk } = ledgerKeys.release(repository, id);
  const under = await partition(pk, ledger);
  const found = under(sk)[0];
  if (found === undefined) return undefined;
  const deployments = deploymentItemSchema.array().parse(under(ledgerPrefixes.deployments));
  const release = releaseItemSchema.parse(found);
  const times = release.endedAt === undefined ? undefined : ledgerKeys.jobTimes(repository, id, '').pk;
  const outcomesUnder = (prefix: string) => outcomeItemSchema.array().parse(under(prefix));
  return {
    release,
    deployments,
    jobs: times === undefined ? undefined : jobTimesItemSchema.array().parse(await ledger.query(times)),
    outcomes: withRollbackQuestions(
      outcomesUnder(ledgerPrefixes.outcomes),
      rollbackPrefixes(deployments).flatMap(outcomesUnder),
    ),
  };
}

/** What a commit was shown as so far. */
export interface CommitRecord {
  /** Id of its newest release: the one that speaks for it. */
  readonly newest: string | undefined;
  readonly statuses: readonly StatusItem[];
  readonly checks: readonly CheckItem[];
  /** When GitHub could not be told of it. */
  readonly delay: DelayItem | undefined;
}

export async function readCommit(repository: number, commit: string, ledger: Ledger): Promise<CommitRecord> {
  const { pk, sk } = ledgerKeys.commit(repository, commit);
  const under = await partition(pk, ledger);
  const [item] = under(sk);
  const [delay] = under(ledgerKeys.delay(repository, commit).sk);
  return {
    newest: item === undefined ? undefined : commitItemSchema.parse(item).release,
    statuses: statusItemSchema.array().parse(under(ledgerPrefixes.statuses)),
    checks: checkItemSchema.array().parse(under(ledgerPrefixes.checks)),
    delay: delay === undefined ? undefined : delayItemSchema.parse(delay),
  };
}

/** Everything under a partition key, by the beginning of its sort key. */
async function partition(pk: string, ledger: Ledger) {
  const items = await ledger.query(pk);
  return (prefix: string) => items.filter(({ sk }) => String(sk).startsWith(prefix));
}
