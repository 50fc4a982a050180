/** A target whose state could not be written: what people are told, and when it counts as put right. Called by `prepare`, `record` and `unlock`. */
import * as z from 'zod';
import type { TargetItem } from '../ledger/environment-items.ts';

type Blocked = NonNullable<TargetItem['blocked']>;

/** Why it is not planned, and what to do. */
export const blockedStateReason = ({ release, key }: Blocked): string =>
  `its state could not be written by release ${release}: push ${key} of the artifacts bucket (tofu state push), then unlock it`;

/** The two facts that order the versions of a state. Everything else in a state may be secret and is not looked at. */
const versionSchema = z.object({ lineage: z.string(), serial: z.int() });
export type StateVersion = z.infer<typeof versionSchema>;

/** Undefined when the text is no state of OpenTofu or Terraform. */
export function stateVersion(text: string): StateVersion | undefined {
  try {
    return versionSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Why the state that could not be written is not back in place yet; undefined when it is. Without either version (a backend of the
 * component's own, a copy that was not uploaded) the person's word counts.
 */
export function notPushedProblem(
  errored: StateVersion | undefined,
  current: StateVersion | undefined,
): string | undefined {
  if (errored === undefined || current === undefined) return undefined;
  if (current.lineage !== errored.lineage)
    return 'the state in place has another lineage than the one that could not be written: push that one first';
  if (current.serial < errored.serial)
    return `the state in place has serial ${current.serial}, the one that could not be written ${errored.serial}: push that one first`;
  return undefined;
}

/**
 * Why a state cannot be the work of the apply before it; undefined when it can, or when no state is managed. The serial need not
 * rise: an apply that takes back what drifted in the cloud leaves the state as it was.
 */
export function stateMoveProblem(
  before: StateVersion | undefined,
  after: StateVersion | undefined,
): string | undefined {
  if (before === undefined) return undefined;
  if (after === undefined) return 'its state is gone';
  if (after.lineage !== before.lineage) return 'its state has another lineage than before';
  if (after.serial < before.serial)
    return `its state has serial ${after.serial}, and had ${before.serial} before`;
  return undefined;
}
