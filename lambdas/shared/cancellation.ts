/** Has a person cancelled the release? Asked by every function before something new is begun. */
import type { Pass } from '../../core/words.ts';
import type { Ledger } from '../ports.ts';
import { type ReleaseAddress, readReleaseItem } from './items.ts';

/**
 * `cancelled by mira`; undefined when it is not. Passes back to last good go on: what has failed must not stay half done.
 */
export async function cancellationOf(
  ledger: Ledger,
  { release, pass = 'deploy' }: { readonly release: ReleaseAddress; readonly pass?: Pass | undefined },
): Promise<string | undefined> {
  if (pass !== 'deploy') return undefined;
  const { cancelled } = await readReleaseItem(ledger, release);
  return cancelled && `cancelled by ${cancelled.by}`;
}
