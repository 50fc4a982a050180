/** How much may be written to GitHub, so that its limits are never reached: one budget per installation. Called by `git-status`. */
import * as z from 'zod';

/**
 * A bucket that fills steadily. GitHub takes about 80 writes a minute and 500 an hour:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export const budgetItemSchema = z.object({
  version: z.int(),
  /** Writes that may be done at the moment `at`. */
  level: z.number(),
  at: z.iso.datetime(),
  /** GitHub itself said not to come back before this. */
  pausedUntil: z.iso.datetime().optional(),
});
export type BudgetItem = z.infer<typeof budgetItemSchema>;

const HOUR_MS = 3600_000;

/**
 * Of an hour's writes this much at once: 450 an hour are 60 at once and then 6.5 a minute, so at most 67 in any minute and 450 in any
 * hour.
 */
const BURST = 2 / 15;

/** Writes that only show progress leave this much of a full bucket to ends and questions. */
const RESERVE = 0.5;

export type Spending =
  /** The budget after the write. */
  { readonly allowed: true; readonly budget: BudgetItem } | { readonly allowed: false; readonly until: Date };

/** Asks for one write. `kind`: whether anybody waits for it. */
export function spend(
  before: BudgetItem | undefined,
  { now, perHour, kind }: { readonly now: Date; readonly perHour: number; readonly kind: 'end' | 'progress' },
): Spending {
  const full = perHour * BURST;
  const perMs = (perHour - full) / HOUR_MS;
  const passed = before === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(before.at));
  const level = Math.min(full, (before?.level ?? full) + passed * perMs);
  const paused = before?.pausedUntil;
  if (paused !== undefined && Date.parse(paused) > now.getTime())
    return { allowed: false, until: new Date(paused) };
  const needed = kind === 'end' ? 1 : Math.max(1, full * RESERVE);
  if (level < needed)
    return { allowed: false, until: new Date(now.getTime() + Math.ceil((needed - level) / perMs)) };
  return {
    allowed: true,
    budget: { version: (before?.version ?? 0) + 1, level: level - 1, at: now.toISOString() },
  };
}

/** GitHub said no: nothing is written before `until`, whatever the bucket holds. */
export function pause(
  before: BudgetItem | undefined,
  { now, until }: { readonly now: Date; readonly until: Date },
): BudgetItem {
  const { version = 0, level = 0, at = now.toISOString(), pausedUntil } = before ?? {};
  const later = pausedUntil !== undefined && Date.parse(pausedUntil) > until.getTime();
  return { version: version + 1, level, at, pausedUntil: later ? pausedUntil : until.toISOString() };
}
