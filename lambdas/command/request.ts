/** `destroy` and `rollback`: a person wants something done to an environment that no push brings. Judged here, done by a release. */
import type * as z from 'zod';
import type { command as contract } from '../../core/contracts/command.ts';
import { OPERATION_EVENT, type OperationRequested } from '../../core/contracts/operation.ts';
import type { Repository } from '../../core/contracts/push.ts';
import { type KnownItem, knownItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { describeOperation } from '../../core/request.ts';
import type { GitHub } from '../github-ports.ts';
import type { Bus, Ledger, ObjectStore } from '../ports.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { judgeRequest } from '../shared/judge-request.ts';
import type { Answer } from './answer.ts';

export interface RequestPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly github: GitHub;
  readonly bus: Bus;
  /** A fresh id, unique for good. */
  newRequestId(): string;
}

type Input = z.output<typeof contract.input>;
export type RequestOrder = Extract<Input, { action: 'destroy' | 'rollback' }>;

const refused = (message: string): Answer => ({ accepted: false, message });

/** The ledger is looked at so that a refusal comes at once; the release looks again, under the lease. */
export async function request(order: RequestOrder, ports: RequestPorts): Promise<Answer> {
  const known = await findKnown(order, ports.ledger);
  if (known === undefined) {
    return refused(
      `nothing was ever deployed to an environment ${order.environment} of repository ${order.repository}`,
    );
  }
  const { repository } = known;
  const request = ports.newRequestId();
  if (order.action === 'rollback' && order.to !== undefined) {
    const problem = await historyProblem(order.to, repository, ports.github);
    if (problem !== undefined) return refused(problem);
    const { environment, to: commit, by } = order;
    return publish({ operation: 'rollback', request, repository, commit, environment, by }, [], ports);
  }
  const { environment, by } = order;
  const wish =
    order.action === 'destroy'
      ? ({ operation: 'destroy', ...(order.components && { components: order.components }) } as const)
      : ({ operation: 'restore' } as const);
  const judged = await judgeRequest({ ...wish, environment, repository }, ports);
  if ('problem' in judged) return refused(judged.problem);
  const { attempted } = await readEnvironment(ports.ledger, { repository: repository.id, environment });
  const commit = attempted[repository.defaultBranch] ?? judged.documents[0]?.commit;
  if (commit === undefined) return refused(`nothing in ${environment} was ever good`);
  return publish({ ...wish, request, repository, commit, environment, by }, judged.components, ports);
}

async function findKnown(
  { repository, environment }: Pick<RequestOrder, 'environment' | 'repository'>,
  ledger: Ledger,
): Promise<KnownItem | undefined> {
  const item = await ledger.get(ledgerKeys.known(repository, environment));
  return item === undefined ? undefined : knownItemSchema.parse(item);
}

/** GitHub hands out commits of forks, too, under the repository's name: only what the default branch came through is deployed. */
async function historyProblem(
  commit: string,
  { fullName, defaultBranch }: Repository,
  github: GitHub,
): Promise<string | undefined> {
  const head = await github.branchHead(fullName, defaultBranch);
  const ancestry = head === undefined ? 'unknown' : await github.compare(fullName, commit, head);
  if (ancestry === 'identical' || ancestry === 'ahead') return undefined;
  return `${commit.slice(0, 7)} is not in the history of ${defaultBranch} of ${fullName}; push it there first`;
}

async function publish(
  detail: OperationRequested,
  components: readonly string[],
  { bus }: RequestPorts,
): Promise<Answer> {
  await bus.publish({ ...OPERATION_EVENT, detail });
  const { request: id, repository, commit, operation } = detail;
  const approvals = operation === 'destroy' ? '; every target waits for a person to approve it' : '';
  return {
    accepted: true,
    message: `${describeOperation(detail, components)}, begins${approvals}`,
    request: { id, repository: repository.id, commit },
  };
}
