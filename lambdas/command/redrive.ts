/** `redrive`: a person wants a release that did not succeed to go on from where it failed. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Clock, Ledger, Redrives, StatusQueue } from '../ports.ts';
import { noteActive } from '../shared/sweep-index.ts';
import { type Answer, findRelease, noSuchRelease, type ReleaseName } from './answer.ts';

export interface RedrivePorts {
  readonly ledger: Ledger;
  readonly redrives: Redrives;
  readonly clock: Clock;
  readonly status: StatusQueue;
}

/**
 * What the release is to be is written before it runs again: wanted, though it was cancelled once, and judged by the ancestry gate
 * unless `older` says not to be. A crash between the two leaves a release without verdict, which the sweep settles again.
 */
export async function redrive(
  { by, older, ...name }: ReleaseName & { readonly older: boolean },
  ports: RedrivePorts,
): Promise<Answer> {
  const { ledger, redrives } = ports;
  const found = await findRelease(name, ledger);
  if (found === undefined) return noSuchRelease(name);
  const { problem } = await redrives.look(found.execution);
  if (problem !== undefined) return notRedrivable(name.release, problem);

  const release = { id: found.id, repository: name.repository, commit: found.commit };
  await noteActive(ledger, { release, run: ports.clock.now().toISOString() });
  await ledger.update(
    ledgerKeys.release(name.repository, name.release),
    {
      set: { reason: `redriven by ${by}`, ...(older && { older }) },
      remove: ['verdict', 'endedAt', 'cancelled', ...(older ? [] : ['older'])],
    },
    { equals: { execution: found.execution } },
  );
  const refused = await redrives.redrive(found.execution);
  if (refused !== undefined) {
    // Somebody else was faster, or the last day for it has just passed: the release is again what it was.
    const { verdict, reason, endedAt } = found;
    const before = { reason, ...(verdict && { verdict }), ...(endedAt && { endedAt }) };
    const { status } = await redrives.look(found.execution);
    if (status !== 'RUNNING')
      await ledger.update(ledgerKeys.release(name.repository, name.release), { set: before });
    return notRedrivable(name.release, refused);
  }
  await ports.status.changed(release);
  return { accepted: true, message: `release ${name.release} goes on from where it failed` };
}

const notRedrivable = (release: string, problem: string): Answer => ({
  accepted: false,
  message: `release ${release} cannot be redriven: ${problem}; push again or start a new release`,
});
