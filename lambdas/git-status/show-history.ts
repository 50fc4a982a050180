/** Writes an environment's history: a chain of commits that `git log` tells, and where last good is. Called by `show-audit`. */
import { leaseIn } from '../../core/audit/entry.ts';
import {
  type EntryItem,
  entryItemSchema,
  type HistoryItem,
  historyItemSchema,
} from '../../core/ledger/audit-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { GitHubError } from '../github-error.ts';
import type { AuditWriter, Log } from '../ports.ts';
import { isFinal } from './final.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowHistoryPorts extends SpendingPorts {
  readonly audit: AuditWriter;
  readonly log: Log;
}

/** Longer than a run of this function: whoever has begun to write and not ended by then is gone. Milliseconds. */
const GONE_MS = 120_000;

/** After GitHub has refused for good, it is asked again this late: somebody may have given the permission. Milliseconds. */
const REFUSED_MS = 3600_000;

/**
 * One function at a time writes an environment, its entries in the order of their leases. Which are written already, the newest of them
 * tells itself: so nothing is written twice, wherever it broke off.
 */
export async function showHistory(
  repository: number,
  environment: string,
  ports: ShowHistoryPorts,
): Promise<void> {
  const { ledger, clock } = ports;
  const { pk, sk } = ledgerKeys.history(repository, environment);
  const entries = entryItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.entries));
  if (entries.length === 0) return;
  const found = await ledger.get({ pk, sk });
  const before: HistoryItem = found === undefined ? { version: 0 } : historyItemSchema.parse(found);
  const now = clock.now();
  if (before.refusedUntil !== undefined && Date.parse(before.refusedUntil) > now.getTime()) return;
  if (before.writing !== undefined && now.getTime() - Date.parse(before.writing) < GONE_MS)
    throw busy(environment);
  const { refusedUntil: _, ...rest } = before;
  let item: HistoryItem = { ...rest, version: before.version + 1, writing: now.toISOString() };
  const condition = found === undefined ? { absent: true as const } : { equals: { version: before.version } };
  if (!(await ledger.put({ pk, sk }, item, condition))) throw busy(environment);

  const note = async ({ writing, ...next }: HistoryItem) => {
    const change = { ...next, ...(writing !== undefined && { writing }), version: item.version + 1 };
    if (!(await ledger.put({ pk, sk }, change, { equals: { version: item.version } })))
      throw busy(environment);
    item = change;
  };
  try {
    for (const entry of entries) {
      const tip = await write(entry, { environment, tip: item.tip, tries: 0 }, ports);
      if (tip !== undefined) await note({ ...item, tip });
      await ledger.remove(ledgerKeys.entry(repository, environment, entry.fence));
    }
  } catch (error) {
    if (!isFinal(error)) throw error;
    // The entries stay: they are written once GitHub takes them.
    ports.log('history refused', { environment, error: error.message });
    item = { ...item, refusedUntil: new Date(clock.now().getTime() + REFUSED_MS).toISOString() };
  } finally {
    await note({ ...item, writing: undefined });
  }
}

const busy = (environment: string) =>
  new Error(`writing the history of ${environment}: another function is writing it`);

/** Whoever moves the ref at the same time has gone after this often. */
const MAX_TRIES = 3;

interface Chain {
  readonly environment: string;
  /** The newest commit that is known to have been written. */
  readonly tip: string | undefined;
  readonly tries: number;
}

/** The chain's newest commit with the entry in it; undefined when it cannot be written because nobody knows a tree for it. */
async function write(entry: EntryItem, chain: Chain, ports: ShowHistoryPorts): Promise<string | undefined> {
  const { audit, log } = ports;
  const { environment } = chain;
  const { fullName } = entry.repository;
  const ref = `belay/${environment}/history`;
  const there = await audit.readRef(fullName, ref);
  // Somebody may have deleted the ref: what it pointed at is still there for a while.
  const tip = there ?? chain.tip;
  const newest = tip === undefined ? undefined : await audit.readCommit(fullName, tip);
  const lease = newest === undefined ? undefined : leaseIn(newest.message);
  if (tip !== undefined && (there === undefined || lease === undefined))
    log('history was changed by somebody', { level: 'error', environment, written: chain.tip, found: there });
  const isWritten = lease !== undefined && lease >= entry.fence;
  let commit = isWritten ? tip : undefined;
  if (commit === undefined) {
    const tree = (await audit.readCommit(fullName, entry.deployed))?.tree ?? newest?.tree;
    if (tree === undefined) {
      const error = `commit ${entry.deployed} is no longer in the repository`;
      log('history entry dropped', { level: 'error', environment, release: entry.release, error });
      return undefined;
    }
    const parents = newest === undefined || tip === undefined ? [] : [tip];
    const made = { message: entry.message, tree, parents };
    commit = await spend(entry, ports, () => audit.createCommit(fullName, made));
  }
  if (commit !== there) {
    try {
      await moveRef(entry, { ref, from: there, to: commit, force: false }, ports);
    } catch (error) {
      const isOvertaken = error instanceof GitHubError && error.status === 422;
      if (!isOvertaken || chain.tries === MAX_TRIES) throw error;
      return write(entry, { ...chain, tries: chain.tries + 1 }, ports);
    }
  }
  // Of an entry that others follow, last good is past.
  if (entry.isGood && (!isWritten || lease === entry.fence)) await pointTo(entry, environment, ports);
  return commit;
}

const spend = <T>({ repository }: EntryItem, ports: ShowHistoryPorts, write: () => Promise<T>) =>
  spending(repository.fullName, 'progress', { write, ports });

function moveRef(
  entry: EntryItem,
  { ref, from, to, force }: { ref: string; from: string | undefined; to: string; force: boolean },
  ports: ShowHistoryPorts,
): Promise<void> {
  const { fullName } = entry.repository;
  return spend(entry, ports, () =>
    from === undefined
      ? ports.audit.createRef(fullName, ref, to)
      : ports.audit.updateRef(fullName, ref, { commit: to, force }),
  );
}

/** A pointer goes where last good goes, also back. */
async function pointTo(entry: EntryItem, environment: string, ports: ShowHistoryPorts): Promise<void> {
  const ref = `belay/${environment}/last-good`;
  const to = entry.deployed;
  const from = await ports.audit.readRef(entry.repository.fullName, ref);
  if (from !== to) await moveRef(entry, { ref, from, to, force: true }, ports);
}
