/** Writes an environment's history: a chain of commits that `git log` tells, and where last good is. Called by `show-audit`. */
import { nameIn } from '../../core/audit/entry.ts';
import {
  type EntryItem,
  entryItemSchema,
  type HistoryItem,
  historyItemSchema,
} from '../../core/ledger/audit-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { GitHubError } from '../github-error.ts';
import type { AuditWriter, GitCommit } from '../github-ports.ts';
import type { Log } from '../ports.ts';
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

/** This far back an entry is looked for that was noted late, or twice. Commits. */
const FAR = 50;

/** Whoever moves the ref at the same time has gone after this often. */
const MAX_TRIES = 3;

/**
 * One function at a time writes an environment, its entries in the order of their leases. Which are written already, the chain tells
 * itself: so nothing is written twice, wherever it broke off.
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

  const note = async (next: HistoryItem) => {
    const change = { ...next, version: item.version + 1 };
    if (!(await ledger.put({ pk, sk }, change, { equals: { version: item.version } })))
      throw busy(environment);
    item = change;
  };
  try {
    for (const entry of entries) {
      const tip = await write(entry, { environment, known: item, tries: 0 }, ports);
      if (tip === undefined) continue;
      const newest = Math.max(item.newest ?? 0, entry.fence);
      await note({ ...item, tip, newest });
      // Of an entry that came late last good is past.
      if (entry.isGood && entry.fence === newest) await pointTo(entry, environment, ports);
      await ledger.remove(ledgerKeys.entry(repository, environment, entry.fence));
    }
    if (item.tip === undefined) item = refused(item, clock.now());
  } catch (error) {
    if (!isFinal(error)) throw error;
    // The entries stay: they are written once GitHub takes them.
    ports.log('history refused', { level: 'error', environment, error: error.message });
    item = refused(item, clock.now());
  } finally {
    const { writing: _, ...free } = item;
    await note(free);
  }
}

const refused = (item: HistoryItem, now: Date): HistoryItem => ({
  ...item,
  refusedUntil: new Date(now.getTime() + REFUSED_MS).toISOString(),
});

const busy = (environment: string) =>
  new Error(`writing the history of ${environment}: another function is writing it`);

interface Chain {
  readonly environment: string;
  readonly known: Pick<HistoryItem, 'tip' | 'newest'>;
  readonly tries: number;
}

/** The chain's newest commit, with the entry in it; undefined while nobody knows a tree for it: then it waits for the entries after it. */
async function write(entry: EntryItem, chain: Chain, ports: ShowHistoryPorts): Promise<string | undefined> {
  const { audit, log } = ports;
  const { environment, known } = chain;
  const { fullName } = entry.repository;
  const ref = `belay/${environment}/history`;
  const there = await audit.readRef(fullName, ref);
  // Somebody may have deleted the ref: what it pointed at is still there for a while.
  const tip = there ?? known.tip;
  const top = tip === undefined ? undefined : await audit.readCommit(fullName, tip);
  if (tip !== undefined && (there === undefined || nameIn(top?.message ?? '') === undefined))
    log('history was changed by somebody', { level: 'error', environment, written: known.tip, found: there });
  let commit = (await isInChain(entry, { tip, top, known }, audit)) ? tip : undefined;
  if (commit === undefined) {
    const tree = (await audit.readCommit(fullName, entry.deployed))?.tree ?? top?.tree;
    if (tree === undefined) {
      const error = `commit ${entry.deployed} is not in ${fullName}`;
      log('history entry waits', { level: 'error', environment, release: entry.release, error });
      return undefined;
    }
    const made = {
      message: entry.message,
      tree,
      parents: top === undefined || tip === undefined ? [] : [tip],
    };
    commit = await spending(fullName, 'progress', { write: () => audit.createCommit(fullName, made), ports });
  }
  if (commit !== there) {
    try {
      await moveRef(entry, { ref, from: there, to: commit, force: false }, ports);
    } catch (error) {
      const mayBeOvertaken = error instanceof GitHubError && error.status === 422 && chain.tries < MAX_TRIES;
      if (!mayBeOvertaken || (await audit.readRef(fullName, ref)) === there) throw error;
      return write(entry, { ...chain, tries: chain.tries + 1 }, ports);
    }
  }
  return commit;
}

/**
 * Commits that are not known to have been written are looked through: an entry may be there that nobody came to note. Those before them
 * only for an entry that is not newer than they are: it was noted late, or a second time.
 */
async function isInChain(
  { release, fence, repository }: EntryItem,
  { tip, top, known }: { tip: string | undefined; top: GitCommit | undefined; known: Chain['known'] },
  audit: AuditWriter,
): Promise<boolean> {
  let [at, commit] = [tip, top];
  for (let looked = 0; commit !== undefined && looked < FAR; looked++) {
    if (at === known.tip && fence > (known.newest ?? 0)) return false;
    const name = nameIn(commit.message);
    if (name?.release === release && name.lease === fence) return true;
    [at] = commit.parents;
    commit = at === undefined ? undefined : await audit.readCommit(repository.fullName, at);
  }
  return false;
}

function moveRef(
  entry: EntryItem,
  { ref, from, to, force }: { ref: string; from: string | undefined; to: string; force: boolean },
  ports: ShowHistoryPorts,
): Promise<void> {
  const { fullName } = entry.repository;
  const write = () =>
    from === undefined
      ? ports.audit.createRef(fullName, ref, to)
      : ports.audit.updateRef(fullName, ref, { commit: to, force });
  // An end, not progress: held back here, the commit that was made for it would be made again.
  return spending(fullName, 'end', { write, ports });
}

/** A pointer goes where last good goes, also back. What GitHub refuses of it keeps no entry waiting. */
async function pointTo(entry: EntryItem, environment: string, ports: ShowHistoryPorts): Promise<void> {
  const ref = `belay/${environment}/last-good`;
  const to = entry.deployed;
  try {
    const from = await ports.audit.readRef(entry.repository.fullName, ref);
    if (from !== to) await moveRef(entry, { ref, from, to, force: true }, ports);
  } catch (error) {
    if (!isFinal(error)) throw error;
    ports.log('last good refused', { level: 'error', environment, error: error.message });
  }
}
