/** The outside world as the functions' logic sees it. The adapters beside the handlers are the only AWS SDK imports. */
import type { LedgerKey } from '../core/ledger.ts';

export interface Clock {
  now(): Date;
}

/** Attribute values of the ledger: JSON and string sets. */
export type LedgerValue = unknown;

/** What must hold for a write to happen; all parts together. Paths are top-level or dotted attribute names. */
export interface Condition {
  /** The item is not there yet. */
  readonly absent?: true;
  /** The item is there. */
  readonly present?: true;
  readonly equals?: Readonly<Record<string, LedgerValue>>;
  readonly missing?: readonly string[];
}

/** A change of single attributes. `deleteFrom`/`addTo` change string sets; an emptied set disappears, as in DynamoDB. */
export interface Change {
  readonly set?: Readonly<Record<string, LedgerValue>>;
  readonly remove?: readonly string[];
  readonly addTo?: Readonly<Record<string, ReadonlySet<string>>>;
  readonly deleteFrom?: Readonly<Record<string, ReadonlySet<string>>>;
}

/** The ledger table. Reads are strongly consistent; every write touches one item. */
export interface Ledger {
  get(key: LedgerKey): Promise<Record<string, LedgerValue> | undefined>;
  /** All items of a partition whose sort key starts with `prefix`, in sort-key order. */
  query(pk: string, prefix: string): Promise<ReadonlyArray<Record<string, LedgerValue>>>;
  /** Replaces the item. False when the condition does not hold (nothing was written). */
  put(key: LedgerKey, item: object, condition?: Condition): Promise<boolean>;
  /** Changes attributes and returns the new item; undefined when the condition does not hold. */
  update(
    key: LedgerKey,
    change: Change,
    condition?: Condition,
  ): Promise<Record<string, LedgerValue> | undefined>;
}

/** The artifacts bucket. */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, body: Uint8Array | string): Promise<void>;
  exists(key: string): Promise<boolean>;
  copy(from: string, to: string): Promise<void>;
  presignGet(key: string, seconds: number): Promise<string>;
  presignPut(key: string, seconds: number): Promise<string>;
}

/** Step Functions' task tokens. A token that is gone (answered, timed out, execution ended) answers `gone`. */
export interface Tokens {
  succeed(token: string, output: object): Promise<'sent' | 'gone'>;
}

/** Is the execution still running? `unknown` executions (older than their history) count as ended. */
export interface Executions {
  isRunning(execution: string): Promise<boolean>;
}

/** AWS Batch as far as functions look: has a job ended (or is it unknown to Batch by now)? */
export interface Jobs {
  hasEnded(jobId: string): Promise<boolean>;
}

/** Says "this release changed" on the status queue. */
export interface StatusQueue {
  changed(release: {
    readonly id: string;
    readonly repository: number;
    readonly commit: string;
  }): Promise<void>;
}

/** How two commits of a repository lie to each other, seen from `base`. `unknown`: GitHub does not know `base` any more. */
export type Ancestry = 'identical' | 'ahead' | 'behind' | 'diverged' | 'unknown';

/** A commit status as GitHub takes it; `description` at most 140 characters. */
export interface CommitStatus {
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description: string;
}

/** GitHub's REST API as far as we use it. `repository` is `owner/name`. */
export interface GitHub {
  compare(repository: string, base: string, head: string): Promise<Ancestry>;
  /** The branch's head commit, undefined when the branch is gone. */
  branchHead(repository: string, branch: string): Promise<string | undefined>;
  createStatus(repository: string, commit: string, status: CommitStatus): Promise<void>;
}
