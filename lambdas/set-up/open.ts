/** Opens the set-up page: for who may invoke the function, which the HTTP API does with visits only. Called by `set-up.ts`. */
import type { Opening } from '../../core/contracts/set-up.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { SetUpItem } from '../../core/ledger/set-up-items.ts';
import { digestOf, stateOf } from './code.ts';
import type { SetUpPorts } from './ports.ts';

/** As long as GitHub waits for what follows. Milliseconds. */
const OPEN_FOR = 60 * 60 * 1000;

/** Answers the page's address with a new code. A code before it is worth nothing any more, and what was kept for it is gone. */
export async function open({ open: page }: Opening, { ledger, clock, newCode, log }: SetUpPorts) {
  const code = newCode();
  const item: SetUpItem = {
    step: 'open',
    digest: digestOf(stateOf(code)),
    ...lasting(clock.now(), OPEN_FOR),
  };
  await ledger.put(ledgerKeys.setUp(), item);
  log('set-up opened', { until: item.until });
  const url = new URL(page);
  url.searchParams.set('code', code);
  return { url: url.href, until: item.until };
}

/** Until when, for people and for DynamoDB. */
export function lasting(now: Date, milliseconds: number) {
  const end = now.getTime() + milliseconds;
  return { until: new Date(end).toISOString(), expiresAt: Math.ceil(end / 1000) };
}
