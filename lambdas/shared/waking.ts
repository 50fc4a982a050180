/** Wakes everything of a cancelled release that waits: in queues, for turns, for approvals. Used by `cancel` and, again, by `sweep`. */
import { cancelWaiting } from '../../core/deployment/lease.ts';
import {
  type ApprovalItem,
  approvalItemSchema,
  type DeploymentItem,
  deploymentItemSchema,
  ledgerKeys,
  ledgerPrefixes,
  type ReleaseItem,
  turnItemSchema,
} from '../../core/ledger.ts';
import type { Ledger, Tokens } from '../ports.ts';
import { changeEnvironment, readEnvironment } from './environment-item.ts';
import { sendAnswers, type TendPorts } from './lease-tending.ts';
import { answerTokens } from './turns.ts';

/** One line for everybody who was still waiting. Does nothing for a release that is not cancelled. */
export async function wakeCancelled(release: ReleaseItem, ports: TendPorts): Promise<string[]> {
  const { cancelled } = release;
  if (cancelled === undefined) return [];
  const reason = `cancelled by ${cancelled.by}`;
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
    const answer = { decision: 'cancelled', reason, ...cancelled } as const;
    const key = { pk, sk: String(item.sk) };
    if (await endApproval(key, approvalItemSchema.parse(item), { answer, ...ports }))
      did.push(`${target} waits for approval no more`);
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

/** An answer that a person gave before stays, and is sent. */
async function endApproval(
  key: { readonly pk: string; readonly sk: string },
  item: ApprovalItem,
  { answer, ledger, tokens }: { answer: NonNullable<ApprovalItem['answer']>; ledger: Ledger; tokens: Tokens },
): Promise<boolean> {
  if (item.answer === undefined) {
    await ledger.update(key, { set: { answer } }, { missing: ['answer'], equals: { attempt: item.attempt } });
  }
  const found = await ledger.get(key);
  const now = found === undefined ? item : approvalItemSchema.parse(found);
  const { decision, reason } = now.answer ?? answer;
  let wasWaiting = false;
  for (const token of now.tokens ?? []) {
    if ((await tokens.succeed(token, { decision, reason })) === 'sent') wasWaiting = true;
  }
  return wasWaiting;
}
