/** After each pass over the targets: what must go back to last good, and what must be verified. Called by the Deployment machine. */
import type * as z from 'zod';
import type { rollback as contract } from '../../core/contracts/functions.ts';
import { ROLLING_BACK } from '../../core/deployment/verdict.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Jobs, Ledger, ObjectStore, StatusQueue } from '../ports.ts';
import { ownAttempt } from '../shared/attempt.ts';
import type { OpenedPass } from '../shared/open-pass.ts';
import { endLostPass, openForward } from './forward.ts';
import { openReverse } from './reverse.ts';

export interface RollbackPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly jobs: Jobs;
  readonly status: StatusQueue;
}

export type RollbackInput = z.output<typeof contract.input>;

/**
 * A repeated call answers the same: what a pass is about is decided by what the pass before it has left behind, and what was
 * opened under this fence stays.
 * @throws Error when the deployment does not hold the lease (any more), or a job still writes what would be rolled back.
 */
export async function rollback(
  input: RollbackInput,
  ports: RollbackPorts,
): Promise<z.input<typeof contract.output>> {
  const attempt = await ownAttempt(ports.ledger, input);
  if (attempt === undefined) throw lostLease(input);
  if (attempt.isPlan) return { decision: 'settle' };
  if (input.after !== 'deploy') await endLostPass(input, input.after, ports.ledger);
  const opened = await openNext(input, ports);
  if (opened === undefined) return { decision: 'settle' };
  await showProgress(input, ports);
  return { decision: 'roll-back', ...opened };
}

async function openNext(
  input: RollbackInput,
  ports: RollbackPorts,
): Promise<OpenedPass<'reverse' | 'forward'> | undefined> {
  switch (input.after) {
    case 'deploy':
      return openReverse(input, ports);
    case 'reverse':
      return openForward(input, ports);
    case 'forward':
      return undefined;
  }
}

const lostLease = ({ release, environment }: RollbackInput) =>
  new Error(
    `rolling back ${environment} of release ${release.id}: its deployment does not hold the lease any more; redrive the release`,
  );

async function showProgress({ release, environment, execution }: RollbackInput, ports: RollbackPorts) {
  const key = ledgerKeys.deployment(release.repository, release.id, environment);
  await ports.ledger.update(key, { set: { progress: ROLLING_BACK } }, { equals: { execution } });
  await ports.status.changed(release);
}
