/** Opens a plan of a pull request: what it affects, compared with what is deployed now; it changes none of that. Called by `open`. */
import type * as z from 'zod';
import type { open as contract } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { findOrphans } from '../../core/deployment/orphans.ts';
import { deferred } from '../../core/deployment/planning.ts';
import { findRenamings } from '../../core/deployment/renaming.ts';
import { targetsKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Clock, Ledger, ObjectStore } from '../ports.ts';
import { ownAttempt } from '../shared/attempt.ts';
import { environmentIn } from '../shared/documents.ts';
import { readTargets } from '../shared/items.ts';
import { type Opening, openTargets } from './targets.ts';

/**
 * What the pull request renames is still deployed under its old name, and its state is there: planned under the new one it would
 * look as if everything were made again.
 * @throws Error when another attempt of the plan was begun.
 */
export async function openPlan(
  input: Opening,
  document: ReleaseDocument,
  { ledger, store, clock }: { readonly ledger: Ledger; readonly store: ObjectStore; readonly clock: Clock },
): Promise<z.input<typeof contract.output>> {
  const { release, environment, execution, fence } = input;
  if ((await ownAttempt(ledger, input)) === undefined)
    throw new Error(
      `planning ${environment} in release ${release.id}: attempt ${fence} was given up for another one; plan again`,
    );
  const known = await readTargets(ledger, release.repository, environment);
  const planned = environmentIn(document, environment).targets;
  const entries = planned.map(({ entry }) => entry);
  const { moves, refused } = findRenamings(entries, known);
  const waiting = new Map([
    ...planned.flatMap(({ entry, deferred: why }) =>
      why === undefined ? [] : [[entry.component, why] as const],
    ),
    ...moves.map(({ from, to }) => [to, `renamed from ${from}`] as const),
  ]);
  const reasons = new Map([...waiting].map(([component, why]) => [component, deferred([why])]));
  const targets = await openTargets(input, document, { ledger, store, refused, deferred: reasons });
  const formerly = moves.map(({ from }) => from);
  const components = [...entries.map(({ component }) => component), ...formerly];
  const orphans = findOrphans(components, known);
  await ledger.update(
    ledgerKeys.deployment(release.repository, release.id, environment),
    { set: { orphans, openedAt: clock.now().toISOString() } },
    { equals: { execution } },
  );
  if (targets.length === 0) return { decision: 'nothing-to-do' };
  const key = targetsKey(release.repository, release.id, environment);
  await store.put(key, JSON.stringify(targets));
  return { decision: 'deploy', targetsKey: key };
}
