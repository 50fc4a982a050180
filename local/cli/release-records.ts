/** Reads what the ledger and the artifacts know of one release; called by `push`, `status` and `log`. */
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { releaseKey } from '../../core/keys.ts';
import {
  deploymentItemSchema,
  ledgerKeys,
  ledgerPrefixes,
  outcomeItemSchema,
  type ReleaseItem,
  releaseItemSchema,
  type TargetItem,
  targetItemSchema,
} from '../../core/ledger.ts';
import type { ReleaseRecords } from './release-view.ts';
import type { ExecutionReport } from './report.ts';
import type { Twin } from './twin.ts';

/** Undefined when the ledger has no such release. */
export async function readRecords(
  twin: Twin,
  { repository, release }: { readonly repository: number; readonly release: string },
): Promise<ReleaseRecords | undefined> {
  const key = ledgerKeys.release(repository, release);
  const [item] = await twin.query(key.pk, key.sk);
  if (item === undefined) return undefined;
  const found = releaseItemSchema.parse(item);
  const [document, deployments, outcomes, ...targets] = await Promise.all([
    twin.artifact(releaseKey(repository, release)),
    twin.query(key.pk, ledgerPrefixes.deployments),
    twin.query(key.pk, ledgerPrefixes.outcomes),
    ...found.environments.map((environment) => targetsIn(twin, repository, environment)),
  ]);
  return {
    release: found,
    document:
      document === undefined
        ? undefined
        : releaseDocumentSchema.parse(JSON.parse(Buffer.from(document).toString('utf8'))),
    deployments: deployments.map((one) => deploymentItemSchema.parse(one)),
    outcomes: outcomes.map((one) => outcomeItemSchema.parse(one)),
    targets: new Map(targets.flat()),
  };
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

/** The release's own execution first, then its deployments' in the order of the environments. */
export async function executionsOf(
  twin: Twin,
  { release, deployments }: Pick<ReleaseRecords, 'release' | 'deployments'>,
): Promise<ExecutionReport[]> {
  const statuses = new Map((await twin.executions()).map(({ arn, status }) => [arn, status]));
  const order = release.environments.flatMap((name) =>
    deployments.filter(({ environment }) => environment === name).map(({ execution }) => execution),
  );
  return [release.execution, ...order].map((arn) => ({ arn, status: statuses.get(arn) ?? 'UNKNOWN' }));
}

/** The release with this id; with `repository` that repository's. The newest when no id is given. */
export async function findRelease(
  twin: Twin,
  wanted: { readonly id?: string | undefined; readonly repository?: number | undefined },
): Promise<ReleaseItem | undefined> {
  const { id, repository } = wanted;
  const [newest] = (await releasesOf(twin, repository)).filter((one) => id === undefined || one.id === id);
  return newest;
}

/** Releases, the newest first. */
export async function releasesOf(twin: Twin, repository: number | undefined): Promise<ReleaseItem[]> {
  const all = await twin.releases();
  return all
    .filter((one) => repository === undefined || one.repository.id === repository)
    .sort((one, other) => other.startedAt.localeCompare(one.startedAt) || other.id.localeCompare(one.id));
}
