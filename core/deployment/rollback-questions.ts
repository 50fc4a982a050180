/** A rollback that asks a person: its question is shown at the target itself. Called by `git-status` and the command line. */
import { ledgerPrefixes } from '../ledger/keys.ts';
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import { ROLLING_BACK } from './verdict.ts';

/** Sort-key prefixes of the items in the passes of rollbacks under way; none are, mostly. */
export function rollbackPrefixes(deployments: readonly DeploymentItem[]): string[] {
  return deployments
    .filter(({ verdict, progress }) => verdict === undefined && progress === ROLLING_BACK)
    .flatMap(({ environment }) => [
      ledgerPrefixes.outcomesIn(environment, 'reverse'),
      ledgerPrefixes.outcomesIn(environment, 'forward'),
    ]);
}

/** The deployment's own items, those as waiting whose rollback waits. `passes` are the items found under the prefixes. */
export function withRollbackQuestions(
  outcomes: readonly OutcomeItem[],
  passes: readonly OutcomeItem[],
): OutcomeItem[] {
  // Under an older lease somebody may have been asked who was never answered.
  const newest = Math.max(...passes.map(({ attempt }) => attempt));
  const asked = new Map(
    passes
      .filter((item) => item.attempt === newest && isAsked(item))
      .map((item) => [`${item.environment}/${item.component}`, item]),
  );
  return outcomes.map((item) => {
    const question = asked.get(`${item.environment}/${item.component}`);
    if (question === undefined) return item;
    const { outcome: _, endedAt: __, ...open } = item;
    return { ...open, progress: question.progress, reason: question.reason };
  });
}

const isAsked = ({ outcome, progress }: OutcomeItem) => outcome === undefined && progress === 'approving';
