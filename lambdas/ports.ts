/** The outside world as the functions' logic sees it. The adapters beside the handlers are the only AWS SDK imports. */
import type { SessionOrder } from '../core/job-sessions.ts';
import type { LedgerKey } from '../core/ledger/keys.ts';
import type { Measurement } from '../core/metrics/emf.ts';
import type { Segment } from '../core/trace/segment.ts';

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
  /** All items of a partition, or those whose sort key starts with `prefix`, in sort-key order. */
  query(pk: string, prefix?: string): Promise<ReadonlyArray<Record<string, LedgerValue>>>;
  /** Replaces the item. False when the condition does not hold (nothing was written). */
  put(key: LedgerKey, item: object, condition?: Condition): Promise<boolean>;
  /** Changes attributes and returns the new item; undefined when the condition does not hold. */
  update(
    key: LedgerKey,
    change: Change,
    condition?: Condition,
  ): Promise<Record<string, LedgerValue> | undefined>;
  /** Deletes the item if there is one. False when the condition does not hold. */
  remove(key: LedgerKey, condition?: Condition): Promise<boolean>;
  /** Waits a moment before a change that others were faster with is tried again; `tries` is how often that has happened. */
  backOff(tries: number): Promise<void>;
}

/** The artifacts bucket. */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** `type`: what a browser that opens it is told. */
  put(key: string, body: Uint8Array | string, type?: string): Promise<void>;
  exists(key: string): Promise<boolean>;
  copy(from: string, to: string): Promise<void>;
  /** Nothing happens when there is no such object. */
  remove(key: string): Promise<void>;
  presignGet(key: string, seconds: number): Promise<string>;
  presignPut(key: string, seconds: number): Promise<string>;
}

/** The registry that images are in. */
export interface ImageRegistry {
  /** `sha256:…` of the image a tag names; undefined when there is no such image or repository. */
  digestOf(repository: string, tag: string): Promise<string | undefined>;
  /** Makes the repository, with immutable tags, unless it is there. */
  ensureRepository(repository: string): Promise<void>;
}

/** Step Functions' task tokens. A token that is gone (answered, timed out, execution ended) answers `gone`. */
export interface Tokens {
  succeed(token: string, output: object): Promise<'sent' | 'gone'>;
}

/** Is the execution still running? `unknown` executions (older than their history) count as ended. */
export interface Executions {
  isRunning(execution: string): Promise<boolean>;
}

/** Where an execution stands. `UNKNOWN`: older than its history. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'UNKNOWN';

/** Executions as those look at them who set things right. */
export interface Redrives {
  /** `problem`: why it cannot be redriven now, in Step Functions' words. */
  look(
    execution: string,
  ): Promise<{ readonly status: ExecutionStatus; readonly problem: string | undefined }>;
  /** Answers the problem when it cannot be redriven. */
  redrive(execution: string): Promise<string | undefined>;
}

/** AWS Batch as far as functions look: has a job ended (or is it unknown to Batch by now)? */
export interface Jobs {
  hasEnded(jobId: string): Promise<boolean>;
  /** Was this job submitted to do what the spec at this key says? Batch itself is asked, not the job. */
  wasSubmittedFor(jobId: string, specKey: string): Promise<boolean>;
}

/** Since when jobs run. */
export interface JobTimes {
  /** Undefined of one that does not run. */
  runningSince(jobId: string): Promise<Date | undefined>;
}

/** Ends Batch jobs that only read; Batch refuses it for others. One that has ended stays as it is. */
export interface JobControl {
  terminate(jobId: string, reason: string): Promise<void>;
}

/** Says "this release changed" on the status queue. */
export interface StatusQueue {
  changed(release: {
    readonly id: string;
    readonly repository: number;
    readonly commit: string;
    readonly trace?: string | undefined;
  }): Promise<void>;
}

/** Says "there is something to answer to this comment" on the status queue. */
export interface AnswerQueue {
  answered(to: {
    readonly repository: number;
    readonly pull: number;
    readonly comment: number;
  }): Promise<void>;
}

/** A message that could not be done now: it comes again after so many seconds, and keeps back those after it. */
export interface MessageDelay {
  delay(receiptHandle: string, seconds: number): Promise<void>;
}

/** One line of structured log: a short event name and the facts people search by. Never secrets, never signatures. */
export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** Values of metrics, told to CloudWatch through the function's log. */
export type Measure = (measurement: Measurement) => void;

/** The event bus. Throws when the event was not accepted. */
export interface Bus {
  publish(event: {
    readonly source: string;
    readonly detailType: string;
    readonly detail: object;
  }): Promise<void>;
}

/** EventBridge Scheduler: events that are published on the bus later, each once. */
export interface Schedules {
  /** Makes the schedule, or replaces what it was. `at` must be in the future; whole seconds count. */
  set(
    name: string,
    event: {
      readonly at: Date;
      readonly source: string;
      readonly detailType: string;
      readonly detail: object;
    },
  ): Promise<void>;
  /** Nothing happens when there is none. */
  remove(name: string): Promise<void>;
}

/** A secret while it rotates: the values that are accepted now, newest first, never empty. */
export interface RotatingSecret {
  /** `fresh`: do not answer from the cache (unless it was filled a moment ago). */
  values(options?: { readonly fresh: true }): Promise<readonly string[]>;
}

/** Sessions of other roles, each an hour at most. */
export interface Sessions {
  /** Throws when the role does not let us. */
  open(order: SessionOrder): Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** ISO 8601. */
    readonly expiration: string;
  }>;
}

/** Secrets Manager as far as jobs' secrets go. */
export interface SecretValues {
  /** Undefined when there is no such secret or it has no value yet. */
  get(id: string): Promise<string | undefined>;
}

/** Git, for one commit at a time. `repository` is `owner/name`. */
export interface Git {
  /** Fetches the commit alone into a place of its own, which is gone when `use` has ended. */
  withCommit<T>(repository: string, commit: string, use: (fetched: FetchedCommit) => Promise<T>): Promise<T>;
}

/** Git, for one merge at a time. */
export interface Merges {
  /** Merges a commit into a branch, in a place of its own, which is gone when `use` has ended. */
  withMerge<T>(repository: string, wish: MergeWish, use: (merged: Merged) => Promise<T>): Promise<T>;
}

/** A commit that is to be merged into a branch. */
export interface MergeWish {
  /** Name of the branch. */
  readonly base: string;
  readonly head: string;
  /** The best common ancestor of two commits, undefined without one. */
  mergeBase(base: string, head: string): Promise<string | undefined>;
}

/** `onto` is the branch's head. `contained`: it has the commit already. `unrelated`: they have no common ancestor. */
export type Merged =
  | {
      readonly kind: 'merged';
      readonly onto: string;
      /** Id of a commit with the parents `onto` and `head`, the same for the same two. */
      readonly merge: string;
      readonly result: FetchedCommit;
      readonly base: FetchedCommit;
    }
  | { readonly kind: 'conflict'; readonly onto: string; readonly paths: readonly string[] }
  | { readonly kind: 'contained' | 'unrelated'; readonly onto: string };

/** A commit that was fetched. */
export interface FetchedCommit {
  /** Id of the commit's root tree. */
  readonly rootTree: string;
  /** What `git ls-tree -r -t -z` prints. */
  tree(): Promise<Uint8Array>;
  /** All files as a gzipped tar, as a checkout would write them; `export-ignore` and `export-subst` have no effect. */
  archive(): Promise<Uint8Array>;
  /** Contents of blobs as text, by blob id. */
  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Paths of the files that hold a line matching an extended regular expression. */
  grep(pattern: string): Promise<readonly string[]>;
}

/** X-Ray. A trace is for people who look: what cannot be sent is left out, and never fails what it tells of. */
export interface Segments {
  send(segment: Segment): Promise<void>;
}
