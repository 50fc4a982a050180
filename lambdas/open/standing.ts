/** Opens a release that brings no commit: a destroy of what was named, or a restore of what is dirty and what takes values from it. Called by `open`. */
import type * as z from 'zod';
import type { open as contract } from '../../core/contracts/functions.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { orderOf } from '../../core/deployment/rollback.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { environmentIn } from '../shared/documents.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes, readTargets } from '../shared/items.ts';
import { judgeRequest } from '../shared/judge-request.ts';
import { openPass, type PassTarget, putOnce } from '../shared/open-pass.ts';
import type { Opening } from './targets.ts';

interface Ports {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
}
type Opened = z.input<typeof contract.output>;

/** What is deployed now counts, not what was when it was asked for. */
export async function openStanding(
  opening: Opening,
  document: ReleaseDocument,
  ports: Ports,
): Promise<Opened> {
  return document.operation === 'destroy'
    ? openDestroy(opening, document, ports)
    : openRestore(opening, document, ports);
}

/** What an earlier attempt of the release has destroyed stays so, also when a push has deployed it anew since; what another has, is left alone. */
async function openDestroy(opening: Opening, document: ReleaseDocument, ports: Ports): Promise<Opened> {
  const { release, environment, fence } = opening;
  const named = environmentIn(document, environment).targets.map(({ entry }) => entry.component);
  const before = await readOutcomes(ports.ledger, release, environment);
  const items = new Map(await readTargets(ports.ledger, release.repository, environment));
  const left: string[] = [];
  await inParallel(named, async (component) => {
    if (before.get(component)?.outcome === 'destroyed') return;
    const { live, lastGood } = items.get(component) ?? {};
    if (live !== undefined || lastGood !== undefined) return void left.push(component);
    const item = { environment, component, attempt: fence, ...GONE };
    await putOnce(ports.ledger, ledgerKeys.outcome(release.repository, release.id, item), item);
  });
  if (left.length === 0) return { decision: 'nothing-to-do' };
  const wish = { operation: 'destroy', environment, components: left } as const;
  const judged = await judgeRequest({ ...wish, repository: document.repository }, ports);
  if ('problem' in judged) return { decision: 'refused', reason: judged.problem };
  const entries = judged.documents.map(({ entry }) => entry);
  const order = orderOf(judged.components, entries, 'reverse');
  const targets = judged.deployed.flatMap(({ component, item }): PassTarget[] => {
    const after = order.get(component);
    if (after === undefined || item.lastGood === undefined) return [];
    const { commit, document: key } = item.lastGood;
    const destroys = { commit, document: key };
    return [{ component, marks: { destroys }, after, test: false, write: 'destroy' }];
  });
  const { targetsKey } = await openPass(opening, 'deploy', { ...ports, targets });
  return { decision: 'deploy', targetsKey };
}

/** Every target gets its item here; the passes back to last good then take up those that are dirty. */
async function openRestore(opening: Opening, document: ReleaseDocument, ports: Ports): Promise<Opened> {
  const { release, environment, fence } = opening;
  const wish = { operation: 'restore', environment } as const;
  const judged = await judgeRequest({ ...wish, repository: document.repository }, ports);
  const chosen: readonly string[] = 'problem' in judged ? [] : judged.components;
  const before = await readOutcomes(ports.ledger, release, environment);
  await inParallel(environmentIn(document, environment).targets, async ({ entry: { component } }) => {
    const isChosen = chosen.includes(component);
    // Brought back by an earlier attempt of the release.
    if (!isChosen && before.get(component)?.outcome === 'rolled-back') return;
    const item = { environment, component, attempt: fence, ...(isChosen ? RETURNING : STAYING) };
    await putOnce(ports.ledger, ledgerKeys.outcome(release.repository, release.id, item), item);
  });
  return { decision: chosen.length === 0 ? 'nothing-to-do' : 'roll-back' };
}

type Facts = Pick<OutcomeItem, 'affected' | 'outcome' | 'progress' | 'reason'>;
const RETURNING: Facts = { affected: 'changed', progress: 'waiting', reason: '' };
const GONE: Facts = {
  affected: 'unaffected',
  progress: 'ended',
  outcome: 'unchanged',
  reason: 'it is not deployed any more',
};
const STAYING: Facts = {
  affected: 'unaffected',
  progress: 'ended',
  outcome: 'unchanged',
  reason: 'it is not dirty',
};
