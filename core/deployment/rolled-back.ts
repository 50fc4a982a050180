/** How the passes of a rollback fold into the one outcome of a target; called by `settle`. */
import type { OutcomeItem } from '../ledger/work-items.ts';
import type { Outcome } from '../words.ts';

/** What the passes have said about a target; those of another attempt are left out. */
export interface Passes {
  readonly deployed: OutcomeItem;
  readonly reverse: OutcomeItem;
  readonly forward: OutcomeItem | undefined;
}

/** The outcome that takes the place of the deployment's own. */
export interface Folded {
  readonly outcome: Outcome;
  readonly reason: string;
}

/** Back means: brought back, then verified. */
export function foldPasses({ deployed, reverse, forward }: Passes): Folded {
  const { to, cause } = reverse.rollback ?? { cause: deployed.reason };
  if (to === undefined) {
    const reason = `${cause}; ${reverse.reason}`;
    return { outcome: deployed.outcome === 'failed' ? 'failed' : 'rollback-failed', reason };
  }
  const commit = to.commit.slice(0, 7);
  if (forward?.outcome === 'rolled-back') {
    return { outcome: 'rolled-back', reason: `rolled back to ${commit} after: ${cause}` };
  }
  const why =
    reverse.outcome === 'rolled-back'
      ? `then it was not verified at ${commit}: ${forward?.reason || NOT_HEARD_OF}`
      : `then its rollback to ${commit} failed: ${reverse.reason || NOT_HEARD_OF}`;
  return { outcome: 'rollback-failed', reason: `${cause}; ${why}` };
}

const NOT_HEARD_OF = 'the rollback was cut off';
