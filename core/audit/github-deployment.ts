/** What a deployment should be on GitHub: its place, its state, and a line about it. Called by `git-status`. */
import type { ReleaseDocument } from '../contracts/release.ts';
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { ReleaseRecord } from '../statuses.ts';
import { description } from '../statuses.ts';
import type { EnvironmentVerdict } from '../words.ts';
import { tallyOf } from './entry.ts';

/** https://docs.github.com/en/rest/deployments/deployments#create-a-deployment */
export interface DeploymentOrder {
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string;
  readonly auto_merge: false;
  /** None: whether it may be deployed was decided before. */
  readonly required_contexts: readonly [];
  /** It will be gone one day: GitHub shows its end as destroyed. */
  readonly transient_environment: boolean;
  readonly production_environment: boolean;
}

/** https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status ; `description` at most 140 characters. */
export interface DeploymentState {
  readonly state: 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';
  readonly description: string;
}

/** The release's deployment in an environment. `isTransient`: it has a `ttl`; `isLast`: no environment comes after it. */
export function deploymentOrder(
  { release }: ReleaseRecord,
  environment: string,
  { isTransient, isLast }: { readonly isTransient: boolean; readonly isLast: boolean },
): DeploymentOrder {
  const { operation = 'apply' } = release;
  return {
    ref: release.commit,
    task: operation === 'apply' ? 'deploy' : operation,
    environment,
    description: `Belay release ${release.id}`,
    auto_merge: false,
    required_contexts: [],
    transient_environment: isTransient,
    production_environment: isLast && !isTransient,
  };
}

/** Undefined while nothing is deployed there, and for good where nothing is affected. It changes at a beginning and at an end only. */
export function deploymentState(
  { release, deployments, outcomes }: ReleaseRecord,
  environment: string,
): DeploymentState | undefined {
  const { operation = 'apply' } = release;
  const deployment = deployments.find((one) => one.environment === environment);
  const targets = outcomes.filter(
    (target) => target.environment === environment && target.affected !== 'unaffected' && target.attempt > 0,
  );
  if (operation === 'plan' || deployment === undefined || targets.length === 0) return undefined;
  const { verdict } = deployment;
  if (verdict === undefined || verdict === 'waiting') return { state: 'in_progress', description: operation };
  return { state: stateOf(verdict, deployment), description: description(`${verdict}: ${tallyOf(targets)}`) };
}

/** What did not succeed leaves GitHub's newest success of the environment as it is: that is where the environment is. */
function stateOf(verdict: EnvironmentVerdict, { isEmpty }: DeploymentItem): DeploymentState['state'] {
  if (verdict === 'succeeded') return isEmpty ? 'inactive' : 'success';
  return verdict === 'broken' ? 'error' : 'failure';
}

/** Which environments of a release are the last of their line: nothing comes after them. */
export function lastEnvironments({
  environments,
}: Pick<ReleaseDocument, 'environments'>): ReadonlySet<string> {
  const before = new Set(environments.flatMap(({ after }) => after));
  return new Set(environments.map(({ name }) => name).filter((name) => !before.has(name)));
}
