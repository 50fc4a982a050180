/** `resolve`: the first step of a Release. Claims the request, reads the commit or what is deployed, says which environments it is about. */
import type * as z from 'zod';
import type { resolve as contract } from '../../core/contracts/functions.ts';
import type { ReleaseRequest } from '../../core/contracts/operation.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ReleaseItem, releaseItemSchema } from '../../core/ledger/release-items.ts';
import type { PullSettings } from '../../core/pull.ts';
import { describeOperation, type Request, readRequest } from '../../core/request.ts';
import type { GitHub, MergeBases } from '../github-ports.ts';
import type { Git, Merges } from '../ports.ts';
import { noteActive } from '../shared/sweep-index.ts';
import { changeOwnDelivery, claimDelivery } from './claim.ts';
import { type Examination, type ExaminePorts, examine } from './examine.ts';
import { examineDeployed } from './examine-deployed.ts';
import { examineMergeGroup } from './examine-merge-group.ts';
import { examinePull } from './examine-pull.ts';
import { joinQueue, leaveQueue } from './merge-group.ts';
import { becomeNewest, leavePull, type PullPorts } from './pull.ts';
import { openRelease } from './release-item.ts';

type Input = z.output<typeof contract.input>;
type Decision = z.input<typeof contract.output>;

export interface ResolvePorts extends PullPorts, PullSettings, Pick<ExaminePorts, 'places'> {
  readonly git: Git;
  readonly merges: Merges;
  readonly github: MergeBases & Pick<GitHub, 'branchHead'>;
}

/**
 * Safe to call again after any interruption: the same execution comes to the same release, another one takes over only what its
 * owner left unresolved.
 */
export async function resolve(input: Input, ports: ResolvePorts): Promise<Decision> {
  const { execution, startedAt } = input;
  const { ledger } = ports;
  const request = readRequest(input.request, ports);
  const claim = await claimDelivery(request.id, execution, ports);
  if ('served' in claim) return nothingToDo(claim.served);
  const delivery = claim.mine;
  const lost = nothingToDo(`delivery ${request.id} has been taken over by another execution`);

  const { quiet } = request;
  if (quiet !== undefined && !quiet.status) {
    const { reason } = quiet;
    if ('pull' in input.request && 'at' in input.request) await leavePull(input.request, ports);
    if ('mergeGroup' in input.request) await leaveQueue(input.request, ports);
    const kept = await changeOwnDelivery(delivery, { state: 'resolved', reason }, ledger);
    return kept ? nothingToDo(reason) : lost;
  }

  const opened = await openRelease(delivery, { request, startedAt }, ledger);
  if (opened === undefined) return lost;
  if (delivery.state === 'resolved') return decisionOf(opened);

  const release = refOf(opened);
  await noteActive(ledger, { release, run: execution });
  const past =
    'mergeGroup' in input.request
      ? await joinQueue(input.request, release, ports)
      : await becomeNewest(input.request, { release, isWaiting: quiet?.verdict === 'waiting' }, ports);
  await ports.statuses.changed(release);
  const examination = await outcomeOf(input, { request, release, past }, ports);

  const { verdict, ...known } = examination;
  const ending = verdict === undefined ? {} : { verdict, endedAt: ports.clock.now().toISOString() };
  const written = await ledger.update(
    ledgerKeys.release(release.repository, release.id),
    { set: { ...known, ...ending } },
    { equals: { execution } },
  );
  if (written === undefined) return lost;
  await ports.statuses.changed(release);
  // Last, so that until everything is done and said the delivery can be taken over.
  if (!(await changeOwnDelivery(delivery, { state: 'resolved' }, ledger))) return lost;
  return decisionOf(releaseItemSchema.parse(written));
}

/** What is told at once needs no look at the commit. */
async function outcomeOf(
  input: Input,
  { request, release, past }: { request: Request; release: ReleaseRef; past: string | undefined },
  ports: ResolvePorts,
): Promise<Examination> {
  const { quiet } = request;
  if (past !== undefined) return { environments: [], verdict: 'superseded', reason: past };
  if (quiet === undefined) return examineRequest(input.request, { request, release }, ports);
  return { environments: [], verdict: quiet.verdict ?? 'nothing-to-do', reason: quiet.reason };
}

async function examineRequest(
  asked: ReleaseRequest,
  { request, release }: { readonly request: Request; readonly release: ReleaseRef },
  ports: ResolvePorts,
): Promise<Examination> {
  if (request.pull !== undefined) return examinePull(request.pull, { request, release }, ports);
  if (request.mergeGroup !== undefined)
    return examineMergeGroup(request.mergeGroup, { request, release }, ports);
  const isOperation = 'operation' in asked && asked.operation !== 'plan';
  if (isOperation && asked.operation !== 'rollback')
    return examineDeployed(asked, release, { ...ports, objects: ports.store });
  const { repository, commit } = request;
  const only = isOperation ? { environment: asked.environment } : {};
  const examination = await ports.git.withCommit(repository.fullName, commit, (fetched) =>
    examine(fetched, { request, release, ...only }, ports),
  );
  if (!isOperation || examination.verdict !== undefined) return examination;
  return { ...examination, reason: describeOperation(asked, []) };
}

const nothingToDo = (reason: string): Decision => ({ decision: 'end', verdict: 'nothing-to-do', reason });

const refOf = ({ id, repository, commit, trace }: ReleaseItem): ReleaseRef => ({
  ...{ id, repository: repository.id, commit },
  ...(trace && { trace }),
});

function decisionOf(item: ReleaseItem): Decision {
  const { environments, verdict, reason, operation } = item;
  if (verdict !== undefined) return { decision: 'end', verdict, reason };
  const decision = operation === 'plan' ? 'plan' : 'deploy';
  return { decision, release: refOf(item), environments };
}
