/** What the ledger is to say about each target when a deployment opens; called by `open`. */
import type { AffectedTarget } from '../content/affected.ts';
import type { ReleaseRef } from '../contracts/release.ts';
import type { TargetItem } from '../ledger/environment-items.ts';
import type { OutcomeItem, TurnItem } from '../ledger/work-items.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';
import { GOOD_OUTCOMES } from '../words.ts';

/** A target, what was found about it, and what an earlier attempt of the release (or a retry) left in the ledger. */
export interface OpeningTarget {
  readonly environment: string;
  readonly fence: number;
  readonly found: AffectedTarget;
  readonly existing: OutcomeItem | undefined;
  readonly release: Pick<ReleaseRef, 'id' | 'commit'>;
  /** What is deployed of it. */
  readonly item: TargetItem;
  /** Why it may not be planned under its name. */
  readonly refused: string | undefined;
  /** Why a plan cannot plan it yet. */
  readonly deferred: string | undefined;
}

/**
 * The target's outcome item; `existing` itself when it is to stay: written under this very fence, or by an earlier attempt that
 * brought the target to where it still is.
 * @throws Error when a newer deployment of the release has opened already.
 */
export function openTarget(opening: OpeningTarget): OutcomeItem {
  const { environment, fence, found, existing, refused, deferred } = opening;
  const { component } = found;
  if (existing !== undefined && existing.attempt > fence) {
    throw new Error(
      `opening ${environment}/${component}: a newer deployment (fence ${existing.attempt}, ours is ${fence}) has opened already`,
    );
  }
  if (existing?.attempt === fence) return existing;
  const waiting = { environment, component, attempt: fence, progress: 'waiting' } as const;
  if (refused !== undefined) return { ...waiting, affected: 'changed', reason: refused, refused };
  if (deferred !== undefined) return { ...waiting, affected: 'changed', reason: deferred, deferred };
  if (found.effect !== 'unaffected') {
    const { effect: affected, reason } = found;
    return { ...waiting, affected, reason, ...(wasWritten(opening) && { writtenBefore: true }) };
  }
  if (existing?.outcome !== undefined && GOOD_OUTCOMES.includes(existing.outcome)) return existing;
  return {
    environment,
    component,
    attempt: fence,
    affected: 'unaffected',
    progress: 'ended',
    outcome: 'unchanged',
    reason: 'not affected',
  };
}

/** What an earlier attempt wrote is this release's doing, though this attempt may find its plan empty. */
function wasWritten({ release, item: { live, lastGood }, existing }: OpeningTarget): boolean {
  if (live?.state === 'dirty' && live.commit === release.commit) return true;
  const isOurs = existing?.outcome === 'applied' || existing?.writtenBefore === true;
  return isOurs && lastGood?.release === release.id;
}

/** A fresh turn: waits for those it needs that are affected too. */
export function openTurn(
  target: Pick<ResolvedTarget, 'needs'>,
  affected: ReadonlySet<string>,
  fence: number,
): TurnItem {
  const waitingOn = target.needs.filter((component) => affected.has(component));
  return { attempt: fence, ...(waitingOn.length > 0 && { waitingOn: new Set(waitingOn) }) };
}
