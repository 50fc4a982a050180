/**
 * Brings a target under another name with everything that is kept under its name; called by `open`, under the lease. First all is
 * copied, then the ledger knows the target by the new name, then what is left under the old one is removed: a call that was cut
 * off anywhere is finished by the next, whatever manifest that comes with.
 */
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import { mentions, type Renaming, renamedEntry } from '../../core/deployment/renaming.ts';
import { lastGoodFolder, outputsKey, stateKey, stateLockKey } from '../../core/keys.ts';
import type { LastGood, TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { entry } from '../../core/manifest/settings.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import type { EnvironmentAddress } from '../shared/environment-item.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readTargetItem } from '../shared/items.ts';
import { readPolicies } from '../shared/policy-in-force.ts';

export interface RenamePorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
}

/** `items`: all targets of the environment, as the ledger knows them. */
export async function renameTarget(
  where: EnvironmentAddress,
  renaming: Renaming,
  { items, ...ports }: RenamePorts & { readonly items: ReadonlyMap<string, TargetItem> },
): Promise<void> {
  const { ledger, store } = ports;
  const { from, to } = renaming;
  const { repository, environment } = where;
  for (const keyOf of LIVE_OBJECTS) {
    const [old, fresh] = [keyOf(repository, environment, from), keyOf(repository, environment, to)];
    if (await store.exists(old)) await store.copy(old, fresh);
  }
  await copyPolicy(where, renaming, ledger);
  const { lastGood, goodBefore, formerly = [], ...item } = items.get(from) ?? {};
  const moved: TargetItem = {
    ...item,
    lastGood: lastGood && (await copyLastGood(where, renaming, { lastGood, store })),
    goodBefore: goodBefore && (await copyLastGood(where, renaming, { lastGood: goodBefore, store })),
    formerly: [...formerly.filter((name) => name !== to), from],
    renamedFrom: from,
  };
  const others = [...items].filter(([name]) => name !== from);
  await inParallel(others, ([, other]) => renameInDocuments(renaming, other, store));
  const address = ledgerKeys.target(repository, environment, to);
  if (!(await ledger.put(address, moved, { missing: ['lastGood', 'live', 'blocked'] }))) {
    // Our own write whose answer was lost.
    const now = await readTargetItem(ledger, { ...where, component: to });
    if (now.renamedFrom !== from) throw takenMeanwhile(where, renaming);
  }
  await finishRenaming(where, renaming, ports);
}

/** Removes what is left under the old name; from here on the target is what it is under the new one. */
export async function finishRenaming(
  where: EnvironmentAddress,
  { from, to }: Renaming,
  { ledger, store }: RenamePorts,
): Promise<void> {
  const { repository, environment } = where;
  for (const keyOf of LIVE_OBJECTS) await store.remove(keyOf(repository, environment, from));
  const policies = { remove: [`policies.${from}`] };
  await ledger.update(ledgerKeys.policies(repository, environment), policies, { present: true });
  await ledger.remove(ledgerKeys.target(repository, environment, from));
  const done = { remove: ['renamedFrom'] };
  await ledger.update(ledgerKeys.target(repository, environment, to), done, {
    equals: { renamedFrom: from },
  });
}

/** What would be taken for a newcomer's own if it stayed under the old name. A tool's lock goes with the state it locks. */
const LIVE_OBJECTS = [stateKey, stateLockKey, outputsKey];

/** A new name is no way out of the policy in force. */
async function copyPolicy(
  { repository, environment }: EnvironmentAddress,
  { from, to }: Renaming,
  ledger: Ledger,
) {
  const inForce = await readPolicies(ledger, repository, environment);
  const policy = entry(inForce?.policies, from);
  const key = ledgerKeys.policies(repository, environment);
  if (policy) await ledger.update(key, { set: { [`policies.${to}`]: policy } }, { present: true });
}

/** The old copies stay, as those of every earlier last good do. One whose document is gone stays as it is. */
async function copyLastGood(
  { repository, environment }: EnvironmentAddress,
  renaming: Renaming,
  { lastGood, store }: { readonly lastGood: LastGood; readonly store: ObjectStore },
): Promise<LastGood> {
  const document = await readDocument(store, lastGood.document, lastGoodDocumentSchema);
  if (document === undefined) return lastGood;
  const [old, fresh] = [renaming.from, renaming.to].map((name) =>
    lastGoodFolder(repository, environment, name),
  );
  const moved = (key: string) => `${fresh}${key.slice(old?.length)}`;
  await store.copy(document.bundle, moved(document.bundle));
  await writeRenamed(store, moved(lastGood.document), {
    document: { ...document, bundle: moved(document.bundle) },
    renaming,
  });
  return { ...lastGood, document: moved(lastGood.document) };
}

/** Where the last good of another target names the old one as what it needs. */
async function renameInDocuments(
  renaming: Renaming,
  { lastGood, goodBefore }: TargetItem,
  store: ObjectStore,
) {
  for (const good of [lastGood, goodBefore]) {
    const document = good && (await readDocument(store, good.document, lastGoodDocumentSchema));
    if (document && mentions(document.entry, renaming.from))
      await writeRenamed(store, good.document, { document, renaming });
  }
}

const writeRenamed = (
  store: ObjectStore,
  key: string,
  { document, renaming }: { readonly document: LastGoodDocument; readonly renaming: Renaming },
) => store.put(key, JSON.stringify({ ...document, entry: renamedEntry(document.entry, renaming) }));

const takenMeanwhile = ({ environment }: EnvironmentAddress, { from, to }: Renaming) =>
  new Error(
    `renaming ${environment}/${from} to ${environment}/${to}: another deployment has deployed ${environment}/${to}; redrive the release`,
  );
