/** Who does what somebody said on GitHub: deliveries come twice, and functions are called again. Used by `comment` and `press`. */
import { type ClaimItem, claimItemSchema } from '../../core/ledger/conversation-items.ts';
import type { LedgerKey } from '../../core/ledger/keys.ts';
import { DELIVERY_TTL_SECONDS } from '../../core/ledger/release-items.ts';
import type { Clock, Ledger } from '../ports.ts';

export interface ClaimPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

/**
 * How long whoever began is not disturbed. Lambda calls a function that failed again after a minute, and what was half done is taken up
 * then: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html . Seconds.
 */
const ALONE = 50;

/** `mine`: do it. `done`, or somebody is `busy` with it: leave it. Everything a command does may be done again without harm. */
export async function claim(
  key: LedgerKey,
  more: object,
  { ledger, clock }: ClaimPorts,
): Promise<'mine' | 'done' | 'busy'> {
  const now = clock.now().getTime();
  const until = new Date(now + ALONE * 1000).toISOString();
  const expiresAt = Math.floor(now / 1000) + DELIVERY_TTL_SECONDS;
  const first: ClaimItem = { state: 'begun', until, expiresAt };
  if (await ledger.put(key, { ...more, ...first }, { absent: true })) return 'mine';
  const found = claimItemSchema.parse(await ledger.get(key));
  if (found.state === 'done') return 'done';
  if (Date.parse(found.until) > now) return 'busy';
  const taken = await ledger.update(
    key,
    { set: { until } },
    { equals: { state: 'begun', until: found.until } },
  );
  return taken === undefined ? 'busy' : 'mine';
}

/** What was said first stays said: false when somebody else has ended it before. */
export async function finish(key: LedgerKey, more: object, { ledger }: ClaimPorts): Promise<boolean> {
  const written = await ledger.update(
    key,
    { set: { ...more, state: 'done' } },
    { equals: { state: 'begun' } },
  );
  return written !== undefined;
}
