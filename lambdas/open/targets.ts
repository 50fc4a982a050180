/** Finds out which targets are affected and opens their outcomes and turns in the ledger; called by `open`. */
import type { AffectedTarget } from '../../core/content/affected.ts';
import { contentKey } from '../../core/content/content-key.ts';
import type { DeploymentRef } from '../../core/contracts/functions.ts';
import type { MapItem, ReleaseDocument, ReleaseEnvironment } from '../../core/contracts/release.ts';
import { findAffected } from '../../core/deployment/affected.ts';
import { resolveInputs } from '../../core/deployment/inputs.ts';
import { openTarget, openTurn } from '../../core/deployment/opening.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type OutcomeItem, turnItemSchema } from '../../core/ledger/work-items.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { environmentIn, readTree } from '../shared/documents.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes, readTargets } from '../shared/items.ts';
import { readConsumedOutputs } from '../shared/outputs.ts';

/** Where a deployment is opened, under which fence. */
export type Opening = DeploymentRef & { readonly fence: number };

/** The affected targets, in the manifest's order. What was opened under this fence already stays as it is. */
export async function openTargets(
  opening: Opening,
  document: ReleaseDocument,
  {
    ledger,
    store,
    refused,
    deferred,
  }: {
    readonly ledger: Ledger;
    readonly store: ObjectStore;
    /** Component → why it may not be planned: it gets its turn and fails. */
    readonly refused: ReadonlyMap<string, string>;
    /** Component → why a plan cannot plan it yet. */
    readonly deferred?: ReadonlyMap<string, string>;
  },
): Promise<MapItem[]> {
  const environment = environmentIn(document, opening.environment);
  const { found, known } = await judgeTargets(environment, document, { ledger, store });
  const existing = await readOutcomes(ledger, opening.release, environment.name);
  const items = found.map((one) => {
    const before = existing.get(one.component);
    const item = openTarget({
      environment: environment.name,
      fence: opening.fence,
      found: one,
      existing: before,
      release: opening.release,
      item: known.get(one.component) ?? {},
      refused: refused.get(one.component),
      deferred: deferred?.get(one.component),
    });
    return { before, item };
  });
  const affected = new Set(
    items.flatMap(({ item }) =>
      item.attempt === opening.fence && item.affected !== 'unaffected' ? item.component : [],
    ),
  );
  const targets = environment.targets.filter(({ entry }) => affected.has(entry.component));
  await openTurns(opening, targets, { affected, ledger });
  await inParallel(items, ({ before, item }) => writeOutcome(opening, before, { item, ledger }));
  return targets.map(({ entry }) => ({
    component: entry.component,
    test: entry.test !== undefined,
    ...(entry.build !== undefined && { build: true }),
    write: 'apply',
  }));
}

async function judgeTargets(
  environment: ReleaseEnvironment,
  document: ReleaseDocument,
  { ledger, store }: { readonly ledger: Ledger; readonly store: ObjectStore },
): Promise<{ found: AffectedTarget[]; known: ReadonlyMap<string, TargetItem> }> {
  const { account, region, targets } = environment;
  const tree = await readTree(store, document);
  const known = await readTargets(ledger, document.release.repository, environment.name);
  const entries = targets.map(({ entry }) => entry);
  const outputs = await readConsumedOutputs(store, document.release.repository, entries);
  const facts = targets.map(({ entry, references }) => {
    const item = known.get(entry.component) ?? {};
    const dependencies = item.dependencies ?? references;
    const key = contentKey({ target: entry, account, region, tree, dependencies });
    return { component: entry.component, key, item, inputs: resolveInputs(entry, outputs) };
  });
  return { found: findAffected(entries, facts), known };
}

async function openTurns(
  { release, environment, fence }: Opening,
  targets: ReleaseEnvironment['targets'],
  { affected, ledger }: { readonly affected: ReadonlySet<string>; readonly ledger: Ledger },
) {
  await inParallel(targets, async ({ entry }) => {
    const key = ledgerKeys.turn(release.repository, release.id, { environment, component: entry.component });
    const found = await ledger.get(key);
    const before = found === undefined ? undefined : turnItemSchema.parse(found).attempt;
    if (before !== undefined && before >= fence) return;
    const condition = before === undefined ? ({ absent: true } as const) : { equals: { attempt: before } };
    await ledger.put(key, openTurn(entry, affected, fence), condition);
  });
}

async function writeOutcome(
  { release, environment, fence }: Opening,
  before: OutcomeItem | undefined,
  { item, ledger }: { readonly item: OutcomeItem; readonly ledger: Ledger },
) {
  if (item === before) return;
  const key = ledgerKeys.outcome(release.repository, release.id, { environment, component: item.component });
  const condition =
    before === undefined ? ({ absent: true } as const) : { equals: { attempt: before.attempt } };
  if (await ledger.put(key, item, condition)) return;
  const now = await ledger.get(key);
  // Our own write whose answer was lost, or a retry of this very call.
  if (now?.attempt === fence) return;
  throw new Error(
    `opening ${environment}/${item.component} of release ${release.id}: another deployment changed it; redrive the release`,
  );
}
