/** The budget of what is written to GitHub, kept in the ledger: every write asks first. Used by `show-statuses` and `show-checks`. */
import { type BudgetItem, budgetItemSchema, pause, spend } from '../../core/checks/budget.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { GitHubError } from '../github-error.ts';
import type { Clock, Ledger, Measure } from '../ports.ts';
import { OverBudget } from './later.ts';

export interface SpendingPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly writesPerHour: number;
  readonly measure: Measure;
}

/** Does one write when the budget of the repository's owner allows it. @throws OverBudget when it does not. */
export async function spending<T>(
  fullName: string,
  kind: 'end' | 'progress',
  { write, ports }: { readonly write: () => Promise<T>; readonly ports: SpendingPorts },
): Promise<T> {
  const [owner = ''] = fullName.split('/');
  const tell = (value: number) => ports.measure({ metric: 'GitHubBudget', value, facts: { owner } });
  const { level } = await change(owner, ports, (before, now) => {
    const spent = spend(before, { now, perHour: ports.writesPerHour, kind });
    if (spent.allowed) return spent.budget;
    throw new OverBudget(spent.until, kind === 'progress');
  }).catch((error: unknown) => {
    // Progress gives way while there is some left: nobody misses it.
    if (kind === 'end' && error instanceof OverBudget) tell(0);
    throw error;
  });
  tell(Math.max(1, Math.floor(level)));
  try {
    return await write();
  } catch (error) {
    const until = error instanceof GitHubError ? error.retryAt : undefined;
    if (until !== undefined) await change(owner, ports, (before, now) => pause(before, { now, until }));
    throw error;
  }
}

/** By ledger and owner, what this process wrote last: mostly nobody has written since, and need not be asked. */
const written = new WeakMap<Ledger, Map<string, BudgetItem>>();

/** Several functions may spend at once: who comes second reads again. */
async function change(
  owner: string,
  { ledger, clock }: SpendingPorts,
  next: (before: BudgetItem | undefined, now: Date) => BudgetItem,
): Promise<BudgetItem> {
  const key = ledgerKeys.budget(owner);
  const known = written.get(ledger) ?? new Map<string, BudgetItem>();
  written.set(ledger, known);
  for (;;) {
    const remembered = known.get(owner);
    known.delete(owner);
    const before = remembered ?? budgetItemSchema.optional().parse(await ledger.get(key));
    const condition =
      before === undefined ? { absent: true as const } : { equals: { version: before.version } };
    try {
      const after = next(before, clock.now());
      if (!(await ledger.put(key, after, condition))) continue;
      known.set(owner, after);
      return after;
    } catch (error) {
      // What is remembered may be of long ago: only what the ledger says now is reason to refuse.
      if (remembered === undefined || !(error instanceof OverBudget)) throw error;
    }
  }
}
