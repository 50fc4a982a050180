/** Keeps how long the build of a target's image took, beside the times of its jobs; called by `build` and, for one that failed, by `record`. */
import type { EndedBuild } from '../../core/contracts/ended-build.ts';
import type { TargetRef } from '../../core/contracts/functions.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { JobTimesItem } from '../../core/ledger/work-items.ts';
import type { Ledger } from '../ports.ts';

/** A repeated call writes the same again. As a change, because `build` may put nothing. */
export async function keepBuildTimes(
  { release, environment, component, pass = 'deploy' }: TargetRef,
  { id, architecture, failed, startedAt, endedAt }: EndedBuild,
  ledger: Ledger,
): Promise<void> {
  const span = { startedAt, endedAt };
  const item: JobTimesItem = {
    ...{ environment, component, pass, stage: 'build', jobId: id, architecture },
    times: { ...span, failed, logBytes: 0, steps: [{ name: 'build', ...span }] },
  };
  await ledger.update(ledgerKeys.jobTimes(release.repository, release.id, id), { set: { ...item } });
}
