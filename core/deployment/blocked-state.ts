/** A target whose state could not be written: what people are told, and when it counts as put right. Called by `prepare` and `unlock`. */
import * as z from 'zod';
import type { TargetItem } from '../ledger.ts';

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
