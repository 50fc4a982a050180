/** The outside world as the functions' logic sees it. The adapters beside the handlers are the only AWS SDK imports. */
import type { DeploymentOrder, DeploymentState } from '../core/audit/github-deployment.ts';
import type { CheckRun } from '../core/checks/check-run.ts';
import type { SessionOrder } from '../core/job-sessions.ts';
import type { LedgerKey } from '../core/ledger/keys.ts';

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
  /** Deletes the item if there is one. False when the condition does not hold. */
  remove(key: LedgerKey, condition?: Condition): Promise<boolean>;
  /** Waits a moment before a change that others were faster with is tried again; `tries` is how often that has happened. */
  backOff(tries: number): Promise<void>;
}

/** The artifacts bucket. */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, body: Uint8Array | string): Promise<void>;
  exists(key: string): Promise<boolean>;
  copy(from: string, to: string): Promise<void>;
  /** Nothing happens when there is no such object. */
  remove(key: string): Promise<void>;
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
  /** The whole message of a commit. */
  commitMessage(repository: string, commit: string): Promise<string>;
  /** False also when there is no such organisation or team, or the token may not see it. */
  isTeamMember(organisation: string, team: string, login: string): Promise<boolean>;
}

/** A pull request as far as commands need it. */
export interface PullRequest {
  readonly state: 'open' | 'closed';
  /** The newest commit of its branch. */
  readonly head: string;
  /** Name of the branch it is to be merged into. */
  readonly base: string;
  /** Its head is in another repository. */
  readonly fork: boolean;
  /** What came of merging it; undefined while it is not merged. */
  readonly merged: string | undefined;
}

/** What is asked of GitHub when somebody says something there. `repository` is `owner/name`. */
export interface GitHubPeople {
  /** `write` includes `maintain` and `admin`, `read` includes `triage`; whoever is not known may `none`. */
  permission(repository: string, login: string): Promise<'write' | 'read' | 'none'>;
  pullRequest(repository: string, number: number): Promise<PullRequest>;
  /** The whole id of the commit whose id begins so; undefined when there is none. */
  fullCommit(repository: string, start: string): Promise<string | undefined>;
}

/** What a merge begins with. */
export interface MergeBases {
  /** The best common ancestor of two commits; undefined without one. */
  mergeBase(repository: string, base: string, head: string): Promise<string | undefined>;
}

/** What people see on GitHub, for the one function that writes it. */
export interface GitHubWriter {
  /** `app`: checks can be written; `token`: only statuses. */
  mode(): Promise<'app' | 'token'>;
  createStatus(repository: string, commit: string, status: CommitStatus): Promise<void>;
  /** Answers the new run's id. */
  createCheckRun(repository: string, commit: string, check: CheckRun): Promise<number>;
  updateCheckRun(repository: string, id: number, check: CheckRun): Promise<void>;
}

/** How the comment on a pull request is written, by the one function that does it. */
export interface PullCommentWriter {
  /** Answers the new comment's id. */
  createComment(repository: string, pull: number, body: string): Promise<number>;
  updateComment(repository: string, comment: number, body: string): Promise<void>;
  /** A comment since a time that holds these words, with an App one of its own; undefined when there is none. */
  findComment(
    repository: string,
    pull: number,
    wanted: { readonly since: string; readonly words: string },
  ): Promise<number | undefined>;
}

/** How comments of people are answered, by the same function. */
export interface CommentWriter extends PullCommentWriter {
  /** Giving the same reaction again changes nothing. */
  react(repository: string, comment: number, reaction: 'eyes' | '+1' | '-1'): Promise<void>;
}

/** A commit of Git without who made it; `tree` and `parents` are ids. */
export interface GitCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
}

/** GitHub Deployments and a repository's Git objects, for the one function that writes the audit. `repository` is `owner/name`. */
export interface AuditWriter {
  /** Answers the new deployment's id. */
  createDeployment(repository: string, order: DeploymentOrder): Promise<number>;
  /** The newest deployment that was ordered like this; undefined when there is none. */
  findDeployment(repository: string, order: DeploymentOrder): Promise<number | undefined>;
  createDeploymentStatus(repository: string, deployment: number, status: DeploymentState): Promise<void>;
  /** The commit a ref (`belay/dev/history`) points at; undefined when there is no such ref. */
  readRef(repository: string, ref: string): Promise<string | undefined>;
  /** Undefined when there is no such commit. */
  readCommit(repository: string, commit: string): Promise<GitCommit | undefined>;
  /** Answers the new commit's id. */
  createCommit(repository: string, commit: GitCommit): Promise<string>;
  createRef(repository: string, ref: string, commit: string): Promise<void>;
  /** Without `force` it only goes to a descendant of where it is. */
  updateRef(
    repository: string,
    ref: string,
    to: { readonly commit: string; readonly force: boolean },
  ): Promise<void>;
}

/** One line of structured log: a short event name and the facts people search by. Never secrets, never signatures. */
export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

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
