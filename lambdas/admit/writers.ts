/** The writers of an environment: at most one job a target, and only while its deployment holds the lease. Called by `admit`. */
import type { Ledger } from '../ports.ts';
import { changeEnvironment, type EnvironmentAddress } from '../shared/environment-item.ts';

/** A job that writes a target. */
export interface Writer extends EnvironmentAddress {
  readonly component: string;
  readonly jobId: string;
}

/** `ended` is a writer known to have ended: it may be replaced. `stale`: the lease went on; else who was faster. */
export async function addWriter(
  ledger: Ledger,
  writer: Writer,
  { fence, ended }: { readonly fence: number; readonly ended: string | undefined },
): Promise<'added' | 'stale' | { readonly writer: string }> {
  const { component, jobId } = writer;
  const item = await changeEnvironment(ledger, writer, (current) => {
    const other = current.writers[component];
    const isFree = other === undefined || other === ended;
    if (current.owner === undefined || current.fence !== fence || other === jobId || !isFree) return current;
    return { ...current, writers: { ...current.writers, [component]: jobId } };
  });
  if (item.owner === undefined || item.fence !== fence) return 'stale';
  const now = item.writers[component];
  return now === undefined || now === jobId ? 'added' : { writer: now };
}

/** Does nothing when another job writes the target by now. */
export async function removeWriter(ledger: Ledger, { component, jobId, ...address }: Writer): Promise<void> {
  await changeEnvironment(ledger, address, (current) => {
    const { [component]: writer, ...others } = current.writers;
    return writer === jobId ? { ...current, writers: others } : current;
  });
}
