/** Keeps a release's GitHub Deployments at what the ledger says: one for each environment it does something to. Called by `show-audit`. */
import {
  type DeploymentOrder,
  type DeploymentState,
  deploymentOrder,
  deploymentState,
  lastEnvironments,
} from '../../core/audit/github-deployment.ts';
import { type GitHubDeploymentItem, gitHubDeploymentItemSchema } from '../../core/ledger/audit-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import type { AuditWriter } from '../github-ports.ts';
import type { Log, ObjectStore } from '../ports.ts';
import { environmentIn, readReleaseDocument } from '../shared/documents.ts';
import { isFinal } from './final.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowDeploymentsPorts extends SpendingPorts {
  readonly audit: AuditWriter;
  readonly store: ObjectStore;
  readonly log: Log;
}

export async function showDeployments(record: ReleaseRecord, ports: ShowDeploymentsPorts): Promise<void> {
  for (const environment of record.release.environments) {
    const state = deploymentState(record, environment);
    if (state === undefined) continue;
    const { repository, id } = record.release;
    const found = await ports.ledger.get(ledgerKeys.gitHubDeployment(repository.id, id, environment));
    const known = found === undefined ? undefined : gitHubDeploymentItemSchema.parse(found);
    const told = `${state.state}: ${state.description}`;
    if (known?.told === told || known?.refused !== undefined) continue;
    await show(record, { environment, state, known, told }, ports);
  }
}

interface Due {
  readonly environment: string;
  readonly state: DeploymentState;
  readonly known: GitHubDeploymentItem | undefined;
  /** The state, as it is noted. */
  readonly told: string;
}

async function show(
  record: ReleaseRecord,
  { environment, state, known, told }: Due,
  ports: ShowDeploymentsPorts,
): Promise<void> {
  const { release } = record;
  const { fullName } = release.repository;
  const { audit, ledger, log } = ports;
  const key = ledgerKeys.gitHubDeployment(release.repository.id, release.id, environment);
  const note = (item: GitHubDeploymentItem) => ledger.put(key, item);
  const write = <T>(what: () => Promise<T>) => spending(fullName, 'progress', { write: what, ports });
  try {
    let id = known?.id;
    if (id === undefined) {
      const order = await orderOf(record, environment, ports);
      // Noted before it is made: whoever finds the note without an id looks for what was made when nobody came to note it.
      await note({ told: '' });
      const before = known === undefined ? undefined : await audit.findDeployment(fullName, order);
      id = before ?? (await write(() => audit.createDeployment(fullName, order)));
      await note({ id, told: '' });
    }
    const deployment = id;
    await write(() => audit.createDeploymentStatus(fullName, deployment, state));
    await note({ id: deployment, told });
  } catch (error) {
    if (!isFinal(error)) throw error;
    // For this release it is not asked again.
    await note({ ...known, told: '', refused: error.message });
    log('deployment dropped', { release: release.id, environment, error: error.message });
  }
}

/** A release for one environment says nothing of others: which comes last is known from the one that brought its commit to all. */
async function orderOf(
  record: ReleaseRecord,
  environment: string,
  { store, ledger }: ShowDeploymentsPorts,
): Promise<DeploymentOrder> {
  const { repository, id, operation = 'apply' } = record.release;
  const document = await readReleaseDocument(store, { id, repository: repository.id });
  const key = ledgerKeys.lastEnvironment(repository.id, environment);
  const known = operation === 'apply' ? undefined : await ledger.get(key);
  const isLast = known === undefined ? lastEnvironments(document).has(environment) : known.isLast === true;
  if (operation === 'apply') await ledger.put(key, { isLast });
  const { ttl } = environmentIn(document, environment);
  return deploymentOrder(record, environment, { isTransient: ttl !== undefined, isLast });
}
