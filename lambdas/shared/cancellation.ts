/** Has a person cancelled the release, or a newer push to its pull request? Asked by every function before something new is begun. */
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { Pass } from '../../core/words.ts';
import type { Ledger } from '../ports.ts';
import { type ReleaseAddress, readReleaseItem } from './items.ts';

/** How what has not begun ends, and why. */
export interface Cancellation {
  readonly outcome: 'cancelled' | 'superseded';
  /** `cancelled by mira` */
  readonly reason: string;
}

export function cancellationIn({ cancelled }: Pick<ReleaseItem, 'cancelled'>): Cancellation | undefined {
  if (cancelled === undefined) return undefined;
  const { by, newer } = cancelled;
  if (newer === undefined) return { outcome: 'cancelled', reason: `cancelled by ${by}` };
  return { outcome: 'superseded', reason: `superseded by ${newer}` };
}

/**
 * Undefined when it is not. Passes back to last good go on: what has failed must not stay half done.
 */
export async function cancellationOf(
  ledger: Ledger,
  { release, pass = 'deploy' }: { readonly release: ReleaseAddress; readonly pass?: Pass | undefined },
): Promise<Cancellation | undefined> {
  if (pass !== 'deploy') return undefined;
  return cancellationIn(await readReleaseItem(ledger, release));
}
