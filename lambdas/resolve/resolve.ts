/** `resolve`: the first step of a Release. Claims the request, reads the commit or what is deployed, says which environments it is about. */
import type * as z from 'zod';
import type { resolve as contract } from '../../core/contracts/functions.ts';
import type { ReleaseRequest } from '../../core/contracts/operation.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ReleaseItem, releaseItemSchema } from '../../core/ledger/release-items.ts';
import { describeOperation, type Request, readRequest } from '../../core/request.ts';
import type { Clock, Executions, Git, Ledger, ObjectStore, StatusQueue } from '../ports.ts';
import { noteActive } from '../shared/sweep-index.ts';
import { changeOwnDelivery, claimDelivery } from './claim.ts';
import { type Examination, examine } from './examine.ts';
import { examineDeployed } from './examine-deployed.ts';
import { nameNewest, openRelease } from './release-item.ts';

type Input = z.output<typeof contract.input>;
type Decision = z.input<typeof contract.output>;

export interface ResolvePorts {
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
  readonly git: Git;
  readonly executions: Executions;
  readonly statuses: StatusQueue;
  readonly clock: Clock;
}

/**
 * Safe to call again after any interruption: the same execution comes to the same release, another one takes over only what its
 * owner left unresolved.
 */
export async function resolve(input: Input, ports: ResolvePorts): Promise<Decision> {
  const { execution, startedAt } = input;
  const { ledger } = ports;
  const request = readRequest(input.request);
  const claim = await claimDelivery(request.id, execution, ports);
  if ('served' in claim) return nothingToDo(claim.served);
  const delivery = claim.mine;
  const lost = nothingToDo(`delivery ${request.id} has been taken over by another execution`);

  const { quiet } = request;
  if (quiet !== undefined && !quiet.status) {
    const { reason } = quiet;
    const kept = await changeOwnDelivery(delivery, { state: 'resolved', reason }, ledger);
    return kept ? nothingToDo(reason) : lost;
  }

  const opened = await openRelease(delivery, { request, startedAt }, ledger);
  if (opened === undefined) return lost;
  if (delivery.state === 'resolved') return decisionOf(opened);

  const release: ReleaseRef = { id: opened.id, repository: request.repository.id, commit: request.commit };
  await noteActive(ledger, { release, run: execution });
  await nameNewest(release, ledger);
  await ports.statuses.changed(release);
  const examination: Examination =
    quiet === undefined
      ? await examineRequest(input.request, { request, release }, ports)
      : { environments: [], verdict: 'nothing-to-do', reason: quiet.reason };

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

async function examineRequest(
  asked: ReleaseRequest,
  { request, release }: { readonly request: Request; readonly release: ReleaseRef },
  ports: ResolvePorts,
): Promise<Examination> {
  const isOperation = 'operation' in asked;
  if (isOperation && asked.operation !== 'rollback') return examineDeployed(asked, release, ports);
  const { repository, commit } = request;
  const only = isOperation ? { environment: asked.environment } : {};
  const examination = await ports.git.withCommit(repository.fullName, commit, (fetched) =>
    examine(fetched, { request, release, ...only }, ports.objects),
  );
  if (!isOperation || examination.verdict !== undefined) return examination;
  return { ...examination, reason: describeOperation(asked, []) };
}

const nothingToDo = (reason: string): Decision => ({ decision: 'end', verdict: 'nothing-to-do', reason });

function decisionOf({ id, repository, commit, environments, verdict, reason }: ReleaseItem): Decision {
  if (verdict !== undefined) return { decision: 'end', verdict, reason };
  return { decision: 'deploy', release: { id, repository: repository.id, commit }, environments };
}
