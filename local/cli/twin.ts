/** The local twin as the commands use it, whether it runs in this process or in the one that owns the state directory. */
import type * as z from 'zod';
import type { command as contract } from '../../core/contracts/command.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { PageAnswer, PageRequest } from '../page/exchange.ts';
import type { Board } from '../watch/board.ts';
import type { Change } from '../world/progress.ts';
import type { SegmentDocument } from '../xray/document.ts';
import type { CheckReport, ExecutionReport, StatusReport } from './report.ts';

/** What became of a push: the delivery GitHub would have sent for it. */
export interface PushReceipt {
  /** GUID of the delivery. */
  readonly delivery: string;
  /** GitHub's numeric id of the repository. */
  readonly repository: number;
  readonly commit: string;
}

/** A comment as GitHub knows it. */
export interface CommentName {
  readonly repository: number;
  readonly comment: number;
}

/** A check with what its page says, in Markdown, and the labels of its buttons. */
export interface CheckPage extends CheckReport {
  readonly summary: string;
  readonly details: string;
  readonly buttons: readonly string[];
}

/** What a person may ask of a release. */
export type CommandOrder = z.output<typeof contract.input>;

/** Whether it is done, and why not. */
export type CommandAnswer = z.output<typeof contract.output>;

export interface Twin {
  /** Pushes the repository's HEAD (as `ref` when given) and delivers the event. */
  push(order: { readonly directory: string; readonly ref?: string | undefined }): Promise<PushReceipt>;
  /** Opens a pull request from a branch of the directory, or changes the one there is, and delivers the event. */
  pull(order: {
    readonly directory: string;
    readonly ref: string;
    readonly base?: string | undefined;
  }): Promise<PushReceipt & { readonly number: number }>;
  /** What is written on a pull request, oldest first. */
  comments(at: { readonly repository: number; readonly number: number }): Promise<readonly string[]>;
  /** Resolves when no execution, job or message is under way. */
  settled(): Promise<void>;
  /** Resolves when nothing is under way but what waits for a person. */
  resting(): Promise<void>;
  /** Calls back when anything has changed; answers with how to stop that. */
  onProgress(listener: (changes: ReadonlySet<Change>) => void): () => void;
  /** Ledger items of a partition whose sort key starts with `prefix`, with their `sk`, in its order. */
  query(pk: string, prefix: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Every release of every repository, in no order. */
  releases(): Promise<readonly ReleaseItem[]>;
  /** Undefined when there is no such object in the artifacts bucket. */
  artifact(key: string): Promise<Uint8Array | undefined>;
  /** The newest status of each context of a commit, as GitHub has them. */
  statuses(at: { readonly repository: number; readonly sha: string }): Promise<readonly StatusReport[]>;
  /** What a commit shows on GitHub, in the order of the names. */
  checks(at: { readonly repository: number; readonly sha: string }): Promise<readonly CheckPage[]>;
  /** A person comments on a pull request; without its number on the one that HEAD came by. */
  comment(order: {
    readonly directory: string;
    readonly pull?: number | undefined;
    readonly by: string;
    readonly body: string;
  }): Promise<CommentName>;
  /** What a comment was answered with: reactions, the last one at the end, and replies. */
  answersTo(
    at: CommentName,
  ): Promise<{ readonly reactions: readonly string[]; readonly replies: readonly string[] }>;
  executions(): Promise<readonly ExecutionReport[]>;
  /** The segments of a trace, oldest first, as X-Ray has them. */
  segments(trace: string): Promise<readonly SegmentDocument[]>;
  /** Batch jobs, oldest first; times in milliseconds since 1970. */
  jobs(): Promise<readonly { readonly jobName: string; readonly startedAt?: number | undefined }[]>;
  /** Stores a secret's value for the repository at `directory`. */
  putSecret(secret: {
    readonly directory: string;
    readonly name: string;
    readonly value: string;
  }): Promise<void>;
  /** Tells a release a person's word, as the input of the function `command`. */
  command(order: CommandOrder): Promise<CommandAnswer>;
  /** What the stack's dashboard would show. */
  board(): Promise<Board>;
  /** Sweeps now. One line per thing done. */
  sweep(): Promise<readonly string[]>;
  /** GitHub's numeric id of the repository at `directory`; undefined when it was never pushed. */
  repositoryAt(directory: string): Promise<number | undefined>;
  /** The page of the local GitHub: what is shown at an address, or done by a form. */
  page(request: PageRequest): Promise<PageAnswer>;
  /** Where deliveries from outside are taken, and the secret they must be signed with. */
  webhook(): Promise<{ readonly url: string; readonly secret: string }>;
  close(): Promise<void>;
}

/** Opens the twin of a state directory. Implemented in `open-twin.ts`; tests give their own. */
export type OpenTwin = (order: {
  readonly stateDir: string;
  readonly slots?: number | undefined;
  readonly passEnv?: readonly string[] | undefined;
  /** It must be this process's own: an owner is waited for. */
  readonly own?: true;
  /** What Belay is to GitHub there; where it is an App already, it stays one. @default token */
  readonly github?: 'app';
}) => Promise<Twin>;
