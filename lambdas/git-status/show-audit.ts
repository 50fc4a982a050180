/** Brings what was done to the environments of a release into its repository: GitHub Deployments and the history. Called by `git-status`. */
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { readRecord } from './record.ts';
import { type ShowDeploymentsPorts, showDeployments } from './show-deployments.ts';
import { type ShowHistoryPorts, showHistory } from './show-history.ts';

export type ShowAuditPorts = ShowDeploymentsPorts & ShowHistoryPorts;

/** Of every release, not only a commit's newest: each has done what it did. */
export async function showAudit({ repository, id }: ReleaseRef, ports: ShowAuditPorts): Promise<void> {
  const record = await readRecord({ repository, id }, ports.ledger);
  if (record === undefined || record.release.operation === 'plan') return;
  await showDeployments(record, ports);
  for (const { environment, verdict } of record.deployments)
    if (verdict !== undefined) await showHistory(repository, environment, ports);
}
