/** Gives every target one outcome, and the deployment or the release its verdict; called by both machines near their end. */
import type * as z from 'zod';
import type { settle as contract, DeploymentRef } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { readableReason } from '../../core/deployment/failure.ts';
import { describeOrphans, isDeployed } from '../../core/deployment/orphans.ts';
import {
  describeDone,
  describeEnd,
  environmentVerdict,
  summaryOf,
  verdictOfDoneRelease,
  verdictOfFailedRelease,
  verdictOfPlan,
} from '../../core/deployment/verdict.ts';
import type { PoliciesItem, TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { DeploymentItem, ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { describeUnreviewed } from '../../core/status-words.ts';
import type { EnvironmentVerdict, ReleaseVerdict } from '../../core/words.ts';
import type { Clock, Ledger, ObjectStore, Schedules, StatusQueue } from '../ports.ts';
import { bringsCommit, environmentIn, readReleaseDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { readDeploymentItem, readOutcomes, readReleaseItem, readTargets } from '../shared/items.ts';
import { skipLater } from '../shared/later-environments.ts';
import { noteEntry } from './audit.ts';
import { keepExpiry, lifetimeFrom } from './expiry.ts';
import { endLostTargets } from './lost-targets.ts';
import { foldRollback } from './passes.ts';
import { findUnreviewed } from './unreviewed.ts';

export interface SettlePorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly status: StatusQueue;
  readonly schedules: Schedules;
}

type Input = z.output<typeof contract.input>;
type Environment = Extract<Input, { scope: 'environment' }>;
type Release = Extract<Input, { scope: 'release' }>;
type Settled = z.input<typeof contract.output>;

export async function settle(input: Input, ports: SettlePorts): Promise<Settled> {
  const document = await readReleaseDocument(ports.store, input.release);
  const settled =
    input.scope === 'environment'
      ? await settleEnvironment(readable(input), document, ports)
      : await settleRelease(input, document, ports);
  await ports.status.changed(input.release);
  return settled;
}

/** The machine joins what it was doing and the raw cause. */
const readable = ({ ended, ...input }: Environment): Environment =>
  ended ? { ...input, ended: { ...ended, reason: readableReason(ended.reason) } } : input;

async function settleEnvironment(
  input: Environment,
  document: ReleaseDocument,
  ports: SettlePorts,
): Promise<Settled> {
  const { release, environment, execution, ended } = input;
  const { ledger } = ports;
  const deployment = await readDeploymentItem(ledger, release, environment);
  if (deployment !== undefined && deployment.execution !== '' && deployment.execution !== execution) {
    return {
      verdict: 'superseded',
      summary: `${environment} was taken over by another deployment of this release, ${deployment.execution}`,
    };
  }
  await endLostTargets(input, environmentIn(document, environment), ledger);
  if (document.operation === 'plan') return settlePlan(input, deployment, ports);
  const held = await heldFence(input, ledger);
  const fence = held ?? input.fence;
  if (fence !== undefined) await foldRollback({ ...input, fence }, ledger);
  const outcomes = [...(await readOutcomes(ledger, release, environment)).values()];
  const targets = await readTargets(ledger, release.repository, environment);
  const dirty = leftDirty({ outcomes, fence, targets });
  const verdict = verdictOf(ended, { outcomes, dirty, operation: document.operation });
  const { execution: releaseExecution } = await readReleaseItem(ledger, release);
  const summary = summaryOf({
    environment,
    verdict,
    outcomes,
    dirty,
    execution: releaseExecution,
    ...(ended && { reason: ended.reason }),
  });
  if (verdict === 'succeeded') {
    if (bringsCommit(document)) await keepPolicies(input, document, ports);
  } else {
    await skipLater(ledger, document, environment);
    await endRelease(input, { verdict: verdictOfFailedRelease(verdict), reason: summary }, ports);
  }
  if (held !== undefined) await keepExpiry(input, document, ports);
  const isEmpty =
    document.operation === 'destroy' && verdict === 'succeeded' && ![...targets.values()].some(isDeployed);
  if (fence !== undefined)
    await noteEntry(input, { document, verdict, outcomes, dirty, isEmpty, fence }, ports);
  await showSettled(input, verdict, {
    reason: ended?.reason ?? describeEnd(verdict, { outcomes, dirty }),
    before: deployment,
    isEmpty,
    ports,
  });
  return { verdict, summary };
}

/** It has changed nothing: nothing is dirty, and no policy comes into force. The release ends when all its environments have. */
async function settlePlan(
  { release, environment, execution, ended }: Environment,
  deployment: DeploymentItem | undefined,
  ports: SettlePorts,
): Promise<Settled> {
  const { ledger } = ports;
  const outcomes = [...(await readOutcomes(ledger, release, environment)).values()];
  const verdict = verdictOf(ended, { outcomes, dirty: [], operation: 'plan' });
  const reason = ended?.reason ?? '';
  const { fence } = deployment ?? {};
  await showSettled({ release, environment, execution }, verdict, {
    reason,
    before: deployment,
    fence,
    ports,
  });
  const facts = { environment, verdict, outcomes, dirty: [], execution: undefined, ...(ended && { reason }) };
  return { verdict, summary: summaryOf(facts) };
}

/** The fence under which this deployment has the lease. */
async function heldFence({ release, environment, execution }: Environment, ledger: Ledger) {
  const item = await readEnvironment(ledger, { repository: release.repository, environment });
  return item.owner?.execution === execution ? item.fence : undefined;
}

/** Of the targets this deployment was about, those between two commits now, in the order of the manifest. */
function leftDirty(about: {
  readonly outcomes: readonly OutcomeItem[];
  readonly fence: number | undefined;
  readonly targets: ReadonlyMap<string, TargetItem>;
}): string[] {
  return about.outcomes.flatMap(({ component, attempt, rollback }) => {
    const isOurs = attempt === about.fence || rollback !== undefined;
    return isOurs && about.targets.get(component)?.live?.state === 'dirty' ? component : [];
  });
}

/** A deployment that was ended early is broken, too, when it leaves something dirty; and it may have been rolled back. */
function verdictOf(
  ended: Environment['ended'],
  {
    outcomes,
    dirty,
    operation,
  }: {
    readonly outcomes: readonly OutcomeItem[];
    readonly dirty: readonly string[];
    readonly operation: ReleaseDocument['operation'];
  },
): EnvironmentVerdict {
  const found = environmentVerdict(
    outcomes.flatMap(({ outcome }) => outcome ?? []),
    dirty,
    operation,
  );
  if (ended === undefined) return found;
  const isTelling = found === 'broken' || found === 'rolled-back';
  return ended.verdict === 'failed' && isTelling ? found : ended.verdict;
}

/** From now on the environment is judged by what this commit says. */
async function keepPolicies(
  { release, environment }: DeploymentRef,
  document: ReleaseDocument,
  { ledger, clock }: SettlePorts,
): Promise<void> {
  const policies = environmentIn(document, environment).targets.map(
    ({ entry }) => [entry.component, entry.policy] as const,
  );
  const lifetime = lifetimeFrom(document, environment, clock.now());
  const item: PoliciesItem = {
    commit: release.commit,
    policies: Object.fromEntries(policies),
    ...(lifetime && { lifetime }),
  };
  await ledger.put(ledgerKeys.policies(release.repository, environment), item);
}

async function showSettled(
  { release, environment, execution }: DeploymentRef,
  verdict: EnvironmentVerdict,
  {
    reason,
    before,
    isEmpty = false,
    fence,
    ports: { ledger, clock },
  }: {
    readonly reason: string;
    readonly before: DeploymentItem | undefined;
    readonly isEmpty?: boolean;
    readonly fence?: number | undefined;
    readonly ports: Pick<SettlePorts, 'clock' | 'ledger'>;
  },
): Promise<void> {
  const { orphans, askedAt, openedAt } = before ?? {};
  await ledger.put(ledgerKeys.deployment(release.repository, release.id, environment), {
    environment,
    execution,
    progress: 'ended',
    verdict,
    reason,
    ...(askedAt && { askedAt }),
    ...(openedAt && { openedAt }),
    endedAt: clock.now().toISOString(),
    ...(orphans && { orphans }),
    ...(isEmpty && { isEmpty }),
    ...(fence !== undefined && { fence }),
  });
}

async function settleRelease(
  input: Release,
  document: ReleaseDocument,
  ports: SettlePorts,
): Promise<Settled> {
  const outcomes: OutcomeItem[] = [];
  const deployments: DeploymentItem[] = [];
  for (const { name } of document.environments) {
    outcomes.push(...(await readOutcomes(ports.ledger, input.release, name)).values());
    const deployment = await readDeploymentItem(ports.ledger, input.release, name);
    if (deployment !== undefined) deployments.push(deployment);
  }
  const found =
    document.operation === 'plan' ? verdictOfPlan(deployments, outcomes) : verdictOfDoneRelease(outcomes);
  const unreviewed = await findUnreviewed(document, outcomes, ports.ledger);
  const verdict = found === 'succeeded' && unreviewed?.length ? 'failed' : found;
  const environments = document.environments.map(({ name }) => name);
  const { operation } = document;
  const { commit } = input.release;
  const targets = outcomes.map(({ environment, component }) => `${environment}/${component}`);
  const done = describeDone(found, { operation, environments, targets, commit });
  const reason = [done, ...describeUnreviewed(unreviewed), ...describeOrphans(deployments)].join('; ');
  await endRelease(input, { verdict, reason, ...(unreviewed && { unreviewed }) }, ports);
  return { verdict, summary: reason };
}

/** The end's time is that of the first try. */
async function endRelease(
  { release }: Pick<Input, 'release'>,
  end: Pick<ReleaseItem, 'reason' | 'unreviewed'> & { readonly verdict: ReleaseVerdict },
  { ledger, clock }: SettlePorts,
): Promise<void> {
  const { endedAt = clock.now().toISOString() } = await readReleaseItem(ledger, release);
  const key = ledgerKeys.release(release.repository, release.id);
  await ledger.update(key, { set: { ...end, endedAt } }, { present: true });
}
