/** Every S3 key Belay reads or writes, built in this one file. `repository` is GitHub's numeric id: it survives renames. */
import type { Pass, Stage } from './words.ts';

/** The second part of every key: what policies tell apart. */
export type ArtifactKind = 'sources' | 'releases' | 'outputs' | 'state' | 'state-backups' | 'last-good';

/** One target of one release in one repository: what most keys hang from. */
export interface TargetAddress {
  readonly repository: number;
  readonly release: string;
  readonly environment: string;
  readonly component: string;
  /** @default deploy */
  readonly pass?: Pass | undefined;
}

/** The repository at one commit, a gzipped tar, fetched once and used by every job. */
export const sourceKey = (repository: number, commit: string) => `${repository}/sources/${commit}.tar.gz`;

/** The gzipped output of `git ls-tree -r -t -z` of that commit: what content keys are computed from. */
export const treeKey = (repository: number, commit: string) => `${repository}/sources/${commit}.tree.gz`;

/** What `resolve` found in the commit: resolved environments and targets, and the references in their code. */
export const releaseKey = (repository: number, release: string) =>
  `${repository}/releases/${release}/release.json`;

/** The targets of one pass of a deployment, an array: the item source of its Distributed Map. */
export const targetsKey = (repository: number, release: string, environment: string, pass: Pass = 'deploy') =>
  `${repository}/releases/${release}/${environment}/${pass === 'deploy' ? 'targets' : `${pass}-targets`}.json`;

/** Where a release's time went, as a page for people. */
export const timelineKey = (repository: number, release: string) =>
  `${repository}/releases/${release}/timeline.html`;

/** A file of one stage of one target: `result.json`, `log.txt`, `bundle.tar.gz`, `plan.json`, … */
export const stageKey = (target: TargetAddress, stage: Stage, file: string) =>
  `${target.repository}/releases/${target.release}/${target.environment}/${target.component}/${folderOf(target)}${stage}/${file}`;

/** The spec of one job. A job that was queued in an attempt that is over, or for a plan that was replaced, never finds a newer one. */
export const jobKey = (
  target: TargetAddress,
  stage: Stage,
  { fence, round }: { readonly fence: number; readonly round: number },
) => stageKey(target, stage, `job-${fence}-${round}.json`);

/** The artifacts of a rollback lie beside those of the deployment it follows. */
const folderOf = ({ pass = 'deploy' }: TargetAddress) => (pass === 'deploy' ? '' : `${pass}/`);

/** The newest outputs a component produced in an environment: what dependents' inputs are read from. */
export const outputsKey = (repository: number, environment: string, component: string) =>
  `${repository}/outputs/${environment}/${component}.json`;

/** The state file of the managed backend. It does not contain the component's path: a moved directory is the same component. */
export const stateKey = (repository: number, environment: string, component: string) =>
  `${repository}/state/${environment}/${component}.tfstate`;

/** A last good commit's own copy of its source snapshot: one for all targets, kept while any of them returns to it. */
export const lastGoodSourceKey = (repository: number, commit: string) =>
  `${repository}/last-good/sources/${commit}.tar.gz`;

/** Where a target's last goods are. Ends with a slash. */
export const lastGoodFolder = (repository: number, environment: string, component: string) =>
  `${repository}/last-good/${environment}/${component}/`;

/** What else it takes to return to a target's last good (`LastGoodDocument`), and the bundle that holds its lock file. */
export const lastGoodKey = (target: TargetAddress, file: 'last-good.json' | 'bundle.tar.gz') =>
  `${lastGoodFolder(target.repository, target.environment, target.component)}${target.release}/${folderOf(target)}${file}`;

/** The managed state as it was before a release's apply under a lease: a redrive's apply keeps its own. */
export const stateBackupKey = (target: TargetAddress, fence: number) =>
  `${target.repository}/state-backups/${target.release}/${target.environment}/${target.component}/${folderOf(target)}before-apply-${fence}.tfstate`;

/** The lock that OpenTofu and Terraform hold beside a state file while they write it (`use_lockfile`). */
export const stateLockKey = (repository: number, environment: string, component: string) =>
  `${stateKey(repository, environment, component)}.tflock`;
