/** Who serves a delivery: the first step of `resolve`. Duplicates, replays and redeliveries meet here. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import {
  DELIVERY_TTL_SECONDS,
  type DeliveryItem,
  deliveryItemSchema,
} from '../../core/ledger/release-items.ts';
import type { Clock, Executions, Ledger } from '../ports.ts';

interface ClaimPorts {
  readonly ledger: Ledger;
  readonly executions: Executions;
  readonly clock: Clock;
}

/** `mine`: this execution serves the delivery. `served`: why it does not. */
export type Claim = { readonly mine: DeliveryItem } | { readonly served: string };

/**
 * Claims a delivery nobody has claimed, keeps one's own, and takes over one whose owner ended before resolving it: it would be
 * lost otherwise.
 */
export async function claimDelivery(guid: string, execution: string, ports: ClaimPorts): Promise<Claim> {
  const { ledger, executions, clock } = ports;
  const key = ledgerKeys.delivery(guid);
  const first: DeliveryItem = {
    guid,
    execution,
    state: 'accepted',
    expiresAt: Math.floor(clock.now().getTime() / 1000) + DELIVERY_TTL_SECONDS,
  };
  if (await ledger.put(key, first, { absent: true })) return { mine: first };

  const found = deliveryItemSchema.parse(await ledger.get(key));
  if (found.execution === execution) return { mine: found };
  if (found.state === 'resolved') {
    const by = found.release === undefined ? found.execution : `release ${found.release}`;
    return { served: `delivery ${guid} is already served by ${by}` };
  }
  const served = { served: `delivery ${guid} is already being served by another execution` };
  if (await executions.isRunning(found.execution)) return served;
  const taken = await ledger.update(
    key,
    { set: { execution } },
    { equals: { execution: found.execution, state: 'accepted' } },
  );
  return taken === undefined ? served : { mine: deliveryItemSchema.parse(taken) };
}

/** Whether `execution` still serves the delivery; another takes over only what it believes dead, which may be wrong. */
export async function isOwner(guid: string, execution: string, ledger: Ledger): Promise<boolean> {
  return (await ledger.get(ledgerKeys.delivery(guid)))?.execution === execution;
}

/** Changes one's own delivery; false when another execution has taken it over. */
export async function changeOwnDelivery(
  { guid, execution }: DeliveryItem,
  change: Partial<Pick<DeliveryItem, 'reason' | 'release' | 'state'>>,
  ledger: Ledger,
): Promise<boolean> {
  const changed = await ledger.update(ledgerKeys.delivery(guid), { set: change }, { equals: { execution } });
  return changed !== undefined;
}
