/**
 * Finds what was lost and sets it right: leases, writers and unsent answers of every environment, releases that were broken off,
 * targets whose flow is gone, branch heads nobody came for; and tells how things stand. Called on a schedule and after executions that
 * did not succeed.
 */
import { readActive, readKnown } from '../shared/sweep-index.ts';
import { Gauges } from './gauges.ts';
import { sweepHead } from './heads.ts';
import { sweepLease } from './leases.ts';
import type { SweepPorts } from './ports.ts';
import { sweepRelease } from './releases.ts';

/**
 * Safe at any moment and beside other sweeps: every write is conditional. What one step cannot do does not keep the others from
 * being done; it is told like what was done, and tried again by the next sweep. Leases come first, because a release is settled
 * only when nothing of it writes any more. With `repository`, that of its GitHub id alone.
 */
export async function sweep(outside: SweepPorts, repository?: number): Promise<{ done: string[] }> {
  const gauges = new Gauges(outside.clock.now());
  const ports = { ...outside, gauges };
  const done: string[] = [];
  const step = async (what: string, work: () => Promise<readonly string[]>) => {
    try {
      done.push(...(await work()));
    } catch (error) {
      gauges.count('SweepProblems', what);
      done.push(`${what} could not be swept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const known = await readKnown(ports.ledger, repository);
  for (const one of known) {
    await step(`${one.environment} of ${one.repository.fullName}`, () => sweepLease(one, ports));
  }
  for (const active of await readActive(ports.ledger, repository)) {
    await step(`release ${active.release.id}`, () => sweepRelease(active, ports));
  }
  const repositories = new Map(known.map(({ repository }) => [repository.id, repository]));
  for (const one of repositories.values()) {
    await step(`the head of ${one.fullName}`, () => sweepHead(one, ports));
  }
  for (const line of done) ports.log('swept', { did: line });
  gauges.tell(ports.measure);
  return { done };
}
