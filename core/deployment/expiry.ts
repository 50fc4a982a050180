/** When an environment with a `ttl` is destroyed, and what is asked for then. Called by `settle`, `open` and the command line. */
import { OPERATION_EVENT, type OperationRequested } from '../contracts/operation.ts';
import type { Repository } from '../contracts/push.ts';
import type { Lifetime } from '../ledger/environment-items.ts';

/** Its last success, and the time that gave it. */
export const expiryOf = ({ since, seconds }: Lifetime): Date => new Date(Date.parse(since) + seconds * 1000);

/** One schedule per repository and environment: at most 16 digits, a hyphen and 40 characters, of the 64 that Scheduler takes. */
export const scheduleName = (repository: number, environment: string) => `${repository}-${environment}`;

/** What is published at the end of an environment's life. The request's name is that of this end: it is served once. */
export function expiryEvent(facts: {
  readonly repository: Repository;
  readonly environment: string;
  /** What the release is shown on. */
  readonly commit: string;
  readonly at: Date;
}): { readonly source: string; readonly detailType: string; readonly detail: OperationRequested } {
  const { repository, environment, commit, at } = facts;
  const detail: OperationRequested = {
    operation: 'destroy',
    request: `ttl-${scheduleName(repository.id, environment)}-${at.toISOString()}`,
    ...{ repository, commit, environment },
    by: 'belay',
    because: 'ttl',
  };
  return { ...OPERATION_EVENT, detail };
}

/**
 * Why a destroy at the end of a life must not begin; undefined when it may. Between its schedule and its lease the environment may
 * have been deployed again. One that never succeeded has nothing in force that could have changed.
 */
export function notDueReason(
  inForce: { readonly lifetime?: Lifetime | undefined } | undefined,
  now: Date,
): string | undefined {
  if (inForce === undefined) return undefined;
  if (inForce.lifetime === undefined) return 'the environment has no ttl any more';
  const at = expiryOf(inForce.lifetime);
  return at > now ? `the environment was deployed again and stays until ${at.toISOString()}` : undefined;
}
