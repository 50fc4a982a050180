/** Wakes everything of a cancelled release that waits: in queues, for turns, for approvals. Used by `cancel` and, again, by `sweep`. */
import { cancelWaiting } from '../../core/deployment/lease.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import {
  type DeploymentItem,
  deploymentItemSchema,
  type ReleaseItem,
} from '../../core/ledger/release-items.ts';
import { approvalItemSchema, turnItemSchema } from '../../core/ledger/work-items.ts';
import { answerApproval } from './approvals.ts';
import { cancellationIn } from './cancellation.ts';
import { changeEnvironment, readEnvironment } from './environment-item.ts';
import { sendAnswers, type TendPorts } from './lease-tending.ts';
import { answerTokens } from './turns.ts';

/** One line for everybody who was still waiting. Does nothing for a release that is not cancelled. */
export async function wakeCancelled(release: ReleaseItem, ports: TendPorts): Promise<string[]> {
  const { cancelled } = release;
  if (cancelled === undefined) return [];
  const reason = cancellationIn(release)?.reason ?? '';
  const { pk } = ledgerKeys.release(release.repository.id, release.id);
  const deployments = deploymentItemSchema
    .array()
    .parse(await ports.ledger.query(pk, ledgerPrefixes.deployments));
  const did: string[] = [];
  for (const deployment of deployments) {
    if (await leaveQueue(deployment, { release, reason }, ports))
      did.push(`left the queue of ${deployment.environment}`);
  }
  for (const item of await ports.ledger.query(pk, ledgerPrefixes.turns)) {
    const target = String(item.sk).slice(ledgerPrefixes.turns.length);
    if (await answerTokens(turnItemSchema.parse(item), ports.tokens))
      did.push(`${target} waits for its turn no more`);
  }
  for (const item of await ports.ledger.query(pk, ledgerPrefixes.approvals)) {
    const target = String(item.sk).slice(ledgerPrefixes.approvals.length);
    const [environment = '', component = ''] = target.split('/');
    const address = {
      release: { id: release.id, repository: release.repository.id },
      environment,
      component,
    };
    const answer = { decision: 'cancelled', reason, ...cancelled } as const;
    // An answer that a person gave before stays, and is sent.
    const { wasWaiting } = await answerApproval(address, approvalItemSchema.parse(item), {
      answer,
      ...ports,
    });
    if (wasWaiting) did.push(`${target} waits for approval no more`);
  }
  return did;
}

async function leaveQueue(
  { environment, execution, verdict }: DeploymentItem,
  { release, reason }: { readonly release: ReleaseItem; readonly reason: string },
  ports: TendPorts,
): Promise<boolean> {
  const where = { repository: release.repository.id, environment };
  const { queue, answers } = await readEnvironment(ports.ledger, where);
  // What was answered and not sent is said again: a crash may have come between.
  const isWaiting = [...queue, ...answers].some((one) => one.execution === execution);
  if (verdict !== undefined || !isWaiting) return false;
  const changed = await changeEnvironment(ports.ledger, where, (item) =>
    cancelWaiting(item, { execution, tokens: [], reason }),
  );
  await sendAnswers(changed, where, ports);
  return true;
}
