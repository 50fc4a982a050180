/** Reads what the ledger and the artifacts know of one release; called by `push`, `status` and `log`. */
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { expiryOf } from '../../core/deployment/expiry.ts';
import { isDeployed } from '../../core/deployment/orphans.ts';
import { rollbackPrefixes, withRollbackQuestions } from '../../core/deployment/rollback-questions.ts';
import { releaseKey } from '../../core/keys.ts';
import {
  policiesItemSchema,
  type TargetItem,
  targetItemSchema,
  type UnlockItem,
  unlockItemSchema,
} from '../../core/ledger/environment-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import {
  deploymentItemSchema,
  type ReleaseItem,
  releaseItemSchema,
} from '../../core/ledger/release-items.ts';
import { type JobTimesItem, jobTimesItemSchema, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { factsOf, type ReleaseFacts } from '../../core/trace/facts.ts';
import type { ReleaseRecords } from './release-view.ts';
import type { ExecutionReport } from './report.ts';
import type { Twin } from './twin.ts';
import { BadInput } from './usage.ts';

/** Undefined when the ledger has no such release. */
export async function readRecords(
  twin: Twin,
  { repository, release }: { readonly repository: number; readonly release: string },
): Promise<ReleaseRecords | undefined> {
  const key = ledgerKeys.release(repository, release);
  const [item] = await twin.query(key.pk, key.sk);
  if (item === undefined) return undefined;
  const found = releaseItemSchema.parse(item);
  const [document, deployments, outcomes, ...environments] = await Promise.all([
    twin.artifact(releaseKey(repository, release)),
    twin.query(key.pk, ledgerPrefixes.deployments),
    twin.query(key.pk, ledgerPrefixes.outcomes),
    ...found.environments.map((environment) => environmentNow(twin, repository, environment)),
  ]);
  const underWay = deployments.map((one) => deploymentItemSchema.parse(one));
  const passes = await Promise.all(rollbackPrefixes(underWay).map((prefix) => twin.query(key.pk, prefix)));
  const parsed = (items: readonly object[]) => items.map((one) => outcomeItemSchema.parse(one));
  return {
    release: found,
    document:
      document === undefined
        ? undefined
        : releaseDocumentSchema.parse(JSON.parse(Buffer.from(document).toString('utf8'))),
    deployments: underWay,
    outcomes: withRollbackQuestions(parsed(outcomes), parsed(passes.flat())),
    targets: new Map(environments.flatMap(({ targets }) => targets)),
    ends: new Map(environments.flatMap(({ name, end }) => (end === undefined ? [] : [[name, end]]))),
  };
}

/** What its jobs said of their time. */
export async function readJobTimes(
  twin: Twin,
  { release }: Pick<ReleaseRecords, 'release'>,
): Promise<JobTimesItem[]> {
  const { pk } = ledgerKeys.jobTimes(release.repository.id, release.id, '');
  return jobTimesItemSchema.array().parse(await twin.query(pk, ''));
}

/** Where the release's time went. */
export async function readTimes(
  twin: Twin,
  { release, document }: Pick<ReleaseRecords, 'release' | 'document'>,
): Promise<ReleaseFacts> {
  const { id, repository } = release;
  const [items, jobs] = await Promise.all([
    twin.query(ledgerKeys.release(repository.id, id).pk, ''),
    twin.query(ledgerKeys.jobTimes(repository.id, id, '').pk, ''),
  ]);
  return factsOf({ release, document, items, jobs });
}

/** What an environment is like by now, whatever release that comes from. */
async function environmentNow(twin: Twin, repository: number, name: string) {
  const targets = await targetsIn(twin, repository, name);
  const key = ledgerKeys.policies(repository, name);
  const [item] = await twin.query(key.pk, key.sk);
  const lifetime = item && policiesItemSchema.parse(item).lifetime;
  const isThere = targets.some(([, target]) => isDeployed(target));
  return { name, targets, end: lifetime && isThere ? expiryOf(lifetime).toISOString() : undefined };
}

async function targetsIn(
  twin: Twin,
  repository: number,
  environment: string,
): Promise<[string, TargetItem][]> {
  const { pk } = ledgerKeys.target(repository, environment, '');
  const items = await twin.query(pk, ledgerPrefixes.targets);
  return items.map((item) => [
    `${environment}/${String(item.sk).slice(ledgerPrefixes.targets.length)}`,
    targetItemSchema.parse(item),
  ]);
}

/** The release's own execution first, then its deployments' in the order of the environments it came to. */
export async function executionsOf(
  twin: Twin,
  { release, deployments }: Pick<ReleaseRecords, 'release' | 'deployments'>,
): Promise<ExecutionReport[]> {
  const statuses = new Map((await twin.executions()).map(({ arn, status }) => [arn, status]));
  const order = release.environments.flatMap((name) =>
    deployments
      .filter(({ environment, execution }) => environment === name && execution !== '')
      .map(({ execution }) => execution),
  );
  return [release.execution, ...order].map((arn) => ({ arn, status: statuses.get(arn) ?? 'UNKNOWN' }));
}

/**
 * The records of the release with this id, of the newest one without; `repo` tells two repositories apart.
 * @throws BadInput when there is no such release, or more than one.
 */
export async function findRecords(
  twin: Twin,
  { release: id, repo }: { readonly release?: string | undefined; readonly repo?: string | undefined },
): Promise<ReleaseRecords> {
  const all = await releasesOf(twin, repo);
  const found = id === undefined ? all.slice(0, 1) : all.filter((one) => one.id === id);
  const [first, ...others] = found;
  if (others.length > 0) {
    const names = found.map(({ repository }) => repository.fullName).join(' and ');
    throw new BadInput(`${names} both have a release \`${id}\`; name one with \`--repo DIR\``);
  }
  const records = first && (await readRecords(twin, { repository: first.repository.id, release: first.id }));
  if (records !== undefined) return records;
  throw new BadInput(
    id === undefined
      ? 'nothing has been pushed yet'
      : `there is no release \`${id}\`; \`history\` lists them`,
  );
}

/**
 * Releases, the newest first; with `repo` only those of the repository there.
 * @throws BadInput when that was never pushed.
 */
export async function releasesOf(twin: Twin, repo: string | undefined): Promise<ReleaseItem[]> {
  const repository = repo === undefined ? undefined : await twin.repositoryAt(repo);
  if (repo !== undefined && repository === undefined) throw new BadInput(`${repo} was never pushed`);
  const all = await twin.releases();
  return all
    .filter((one) => repository === undefined || one.repository.id === repository)
    .sort((one, other) => other.startedAt.localeCompare(one.startedAt) || other.id.localeCompare(one.id));
}

/** Who unlocked what, the newest first; with `repo` only in the repository there. */
export async function unlocksOf(twin: Twin, repo: string | undefined): Promise<UnlockItem[]> {
  const places = new Set(
    (await releasesOf(twin, repo)).flatMap(({ repository, environments }) =>
      environments.map((environment) => ledgerKeys.unlock(repository.id, environment, '').pk),
    ),
  );
  const found = await Promise.all([...places].map((pk) => twin.query(pk, ledgerPrefixes.unlocks)));
  const unlocks = found.flat().map((item) => unlockItemSchema.parse(item));
  return unlocks.sort((one, other) => other.at.localeCompare(one.at));
}
