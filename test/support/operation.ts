/** A person's command, from asking to the release it becomes, as the functions do it in memory. */
import { command as commandContract } from '../../core/contracts/command.ts';
import * as contracts from '../../core/contracts/functions.ts';
import type { ReleaseRequest } from '../../core/contracts/operation.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import { command } from '../../lambdas/command/command.ts';
import type { Git } from '../../lambdas/ports.ts';
import { resolve } from '../../lambdas/resolve/resolve.ts';
import { type Call, REPOSITORY, type World } from './deployment-world.ts';
import { NO_MERGE } from './no-merge.ts';

type Order = { readonly action: 'destroy' | 'rollback'; readonly by?: string } & Readonly<
  Record<string, unknown>
>;

/** Nothing is fetched for what is deployed. */
const NO_GIT: Git = {
  withCommit: async () => {
    throw new Error('nothing was to be fetched');
  },
};

const plain =
  (w: World): Call =>
  (_, body) =>
    body(w.ports);

/** What Belay answers. */
export const ask = (w: World, order: Order) =>
  commandContract.handle((input) => command(input, w.ports))({
    ...{ repository: REPOSITORY.id, environment: 'dev', by: 'mira' },
    ...order,
  });

/** Each request has a Release execution of its own. */
const idOf = (request: ReleaseRequest) => ('operation' in request ? request.request : request.delivery);

/** What `resolve` makes of a request, called by the Release machine. */
export const resolveRequest = (w: World, request: ReleaseRequest, { call = plain(w), git = NO_GIT } = {}) =>
  call('resolve', (ports) =>
    contracts.resolve.handle((input) =>
      resolve(input, {
        ...ports,
        ...NO_MERGE,
        planDrafts: false,
        places: { accounts: undefined, regions: undefined },
        statuses: ports.status,
        git,
      }),
    )({ request, execution: `arn:release:${idOf(request)}`, startedAt: '2026-11-20T12:00:00.000Z' }),
  );

/** Asks, and lets the release begin that comes of it. `call` is how `resolve` is called: a person who asks again asks for another. */
export async function askFor(w: World, order: Order, call = plain(w)): Promise<ReleaseRef> {
  const answer = await ask(w, order);
  if (!answer.accepted) throw new Error(`refused: ${answer.message}`);
  const decision = await resolveRequest(w, w.published.at(-1) as ReleaseRequest, { call });
  if (decision.decision === 'end') throw new Error(`${decision.verdict}: ${decision.reason}`);
  return decision.release;
}
