/** Opens a deployment under its lease: ancestry gate, affected (or named) targets, their turns; called by the Deployment machine. */
import type * as z from 'zod';
import type { open as contract } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { notDueReason } from '../../core/deployment/expiry.ts';
import { targetsKey } from '../../core/keys.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type DeploymentItem, deploymentItemSchema } from '../../core/ledger/release-items.ts';
import type { GitHub } from '../github-ports.ts';
import type { Clock, Ledger, Measure, ObjectStore, StatusQueue } from '../ports.ts';
import { bringsCommit, environmentIn, readReleaseDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { readReleaseItem } from '../shared/items.ts';
import { reopenLater } from '../shared/later-environments.ts';
import { readPolicies } from '../shared/policy-in-force.ts';
import { noteAttempt, passGate } from './gate.ts';
import { finishRenamings, type Names, settleNames } from './names.ts';
import { openPlan } from './plan.ts';
import { openStanding } from './standing.ts';
import { type Opening, openTargets } from './targets.ts';

type Opened = z.input<typeof contract.output>;

export interface OpenPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly github: GitHub;
  readonly status: StatusQueue;
  readonly clock: Clock;
  readonly measure: Measure;
}

/**
 * A retry under the same fence leaves what has progressed; a redrive comes with a newer fence and opens again what is not good.
 * @throws Error when the deployment does not hold the lease (any more).
 */
export async function open(input: Opening, ports: OpenPorts): Promise<Opened> {
  const { release, environment } = input;
  const document = await readReleaseDocument(ports.store, release);
  if (document.operation === 'plan') {
    const opened = await openPlan(input, document, ports);
    await ports.status.changed(release);
    return opened;
  }
  const address = { repository: release.repository, environment };
  const mustHoldLease = (item: EnvironmentItem) => requireLease(input, item);
  const item = await readEnvironment(ports.ledger, address);
  mustHoldLease(item);

  if (bringsCommit(document)) {
    const { older = false } = await readReleaseItem(ports.ledger, release);
    const reason = older ? undefined : await passGate(document, item, ports.github);
    if (reason !== undefined) return { decision: 'superseded', reason };
    await noteAttempt(ports.ledger, address, { document, mustHoldLease });
  }
  if (document.because === 'ttl') {
    const inForce = await readPolicies(ports.ledger, release.repository, environment);
    const reason = notDueReason(inForce, ports.clock.now());
    if (reason !== undefined) return { decision: 'superseded', reason };
  }
  const names = await namesIn(input, document, ports);
  const opened = await openIts(input, { document, refused: names.refused }, ports);
  await showOpened(input, names.orphans, ports);
  await reopenLater(ports.ledger, document, environment);
  await ports.status.changed(release);
  return opened;
}

/** Only a commit's manifest says what has another name now, and what it no longer names. */
async function namesIn(
  { release, environment }: Opening,
  document: ReleaseDocument,
  ports: OpenPorts,
): Promise<Names> {
  const where = { repository: release.repository, environment };
  if (bringsCommit(document)) return settleNames(where, environmentIn(document, environment).targets, ports);
  await finishRenamings(where, ports);
  return { refused: new Map(), orphans: [] };
}

/** The gate, and what is affected, are about a commit; where none is brought, about what is deployed. */
async function openIts(
  input: Opening,
  { document, refused }: { readonly document: ReleaseDocument; readonly refused: Names['refused'] },
  ports: OpenPorts,
): Promise<Opened> {
  if (!bringsCommit(document)) return openStanding(input, document, ports);
  const targets = await openTargets(input, document, { ...ports, refused });
  const key = targetsKey(input.release.repository, input.release.id, input.environment);
  await ports.store.put(key, JSON.stringify(targets));
  return targets.length === 0 ? { decision: 'nothing-to-do' } : { decision: 'deploy', targetsKey: key };
}

function requireLease({ execution, environment, fence }: Opening, item: EnvironmentItem) {
  if (item.owner?.execution === execution && item.fence === fence) return;
  throw new Error(
    `opening ${environment}: the lease with fence ${fence} is no longer this deployment's (its fence is now ${item.fence}); redrive the release`,
  );
}

/** The deployment is under way, and so is its release again when this is a redrive. */
async function showOpened(
  { release, environment, execution }: Opening,
  orphans: readonly string[],
  { ledger, clock, measure }: OpenPorts,
) {
  const { repository, id } = release;
  const key = ledgerKeys.deployment(repository, id, environment);
  const set = { progress: 'deploying', reason: '', orphans };
  const openedAt = clock.now().toISOString();
  const first = await ledger.update(
    key,
    { set: { ...set, openedAt }, remove: ['verdict'] },
    { equals: { execution }, missing: ['openedAt'] },
  );
  if (first === undefined) await ledger.update(key, { set, remove: ['verdict'] }, { equals: { execution } });
  else measureWait(release, deploymentItemSchema.parse(first), measure);
  const { verdict } = await readReleaseItem(ledger, release);
  if (verdict === undefined) return;
  const reopened = { set: { reason: '' }, remove: ['verdict', 'endedAt'] };
  await ledger.update(ledgerKeys.release(repository, id), reopened, { present: true });
}

/** A repeated call finds it told. */
function measureWait(
  { id, repository }: Opening['release'],
  { environment, askedAt, openedAt }: DeploymentItem,
  measure: Measure,
): void {
  if (askedAt === undefined || openedAt === undefined) return;
  const value = (Date.parse(openedAt) - Date.parse(askedAt)) / 1000;
  measure({ metric: 'LeaseWait', value, facts: { release: id, repository, environment } });
}
