/** Brings what was done to the environments of a release into its repository: GitHub Deployments and the history. Called by `git-status`. */
import type { ReleaseRecord } from '../../core/statuses.ts';
import { type ShowDeploymentsPorts, showDeployments } from './show-deployments.ts';
import { type ShowHistoryPorts, showHistory } from './show-history.ts';

export type ShowAuditPorts = ShowDeploymentsPorts & ShowHistoryPorts;

/** Of every release, not only a commit's newest: each has done what it did. */
export async function showAudit(record: ReleaseRecord, ports: ShowAuditPorts): Promise<void> {
  const { release, deployments } = record;
  if (release.operation === 'plan') return;
  await showDeployments(record, ports);
  for (const { environment, verdict } of deployments)
    if (verdict !== undefined) await showHistory(release.repository.id, environment, ports);
}
