/** `sessions`: short-lived credentials for a running job's tool, narrowed to its own target, and asked for again before they end. */
import type * as z from 'zod';
import type { sessions as contract } from '../../core/contracts/job-services.ts';
import { sessionOrder } from '../../core/job-sessions.ts';
import type { Ledger, ObjectStore, Sessions } from '../ports.ts';
import { provenJob } from '../shared/proven-job.ts';

export interface SessionsPorts {
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
  readonly sessions: Sessions;
  /** ARN of the role that may touch every managed state. */
  readonly stateRole: string;
}

/** @throws Error naming the job, the role, and why there is no session. */
export async function sessions(
  { identity, ...proof }: z.output<typeof contract.input>,
  ports: SessionsPorts,
): Promise<z.input<typeof contract.output>> {
  const spec = await provenJob(proof, ports);
  const order = sessionOrder(spec, identity, ports.stateRole);
  if ('problem' in order)
    throw new Error(`opening the ${identity} session of ${proof.job}: ${order.problem}`);
  return ports.sessions.open(order);
}
