/** The local twin: the synthesized stack, run on one machine. Opened by the command line and by tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import { command as commandContract } from '../core/contracts/command.ts';
import { sweep as sweepContract } from '../core/contracts/functions.ts';
import { type ReleaseItem, releaseItemSchema } from '../core/ledger/release-items.ts';
import type { HistoryEvent } from './asl/history.ts';
import { hasEnded, type Job } from './batch/job.ts';
import type { DeliveryAnswer } from './github/deliveries.ts';
import { gitAnswer } from './github/git.ts';
import {
  type CommitAt,
  type ShownCheck,
  type ShownStatus,
  shownChecks,
  shownStatuses,
} from './github/shown.ts';
import type { PageAnswer, PageRequest } from './page/exchange.ts';
import { pageAnswer } from './page/page.ts';
import type { ExecutionEntry } from './states/store.ts';
import { type Board, boardOf } from './watch/board.ts';
import { toldIn } from './watch/told.ts';
import { type Item, queryItems, scanItems } from './world/ledger.ts';
import type { WorldOptions } from './world/options.ts';
import { openParts, type Parts } from './world/parts.ts';
import { type Listener, Progress } from './world/progress.ts';
import { segmentsOf } from './world/segments.ts';
import { serveWorld } from './world/socket.ts';
import { ownStateDirectory, type StateDirectory } from './world/state-directory.ts';
import type { SegmentDocument } from './xray/document.ts';

export type { WorldOptions } from './world/options.ts';
export { StateDirectoryInUse } from './world/state-directory.ts';

/** What to push. */
export interface PushOrder {
  readonly directory: string;
  /** Branch, or full ref, to push HEAD as. @default the branch that is checked out */
  readonly ref?: string | undefined;
  /** How often GitHub delivers the event at once. @default 1 */
  readonly deliveries?: number | undefined;
}

/** What became of a push: the delivery GitHub sent for it. */
export interface PushReceipt {
  /** GUID of the delivery. */
  readonly delivery: string;
  /** GitHub's numeric id of the repository. */
  readonly repository: number;
  readonly commit: string;
}

/** What a person writes to a pull request of the repository at `directory`. */
export interface CommentOrder {
  readonly directory: string;
  /** @default the one that HEAD came by */
  readonly pull?: number | undefined;
  /** GitHub login. */
  readonly by: string;
  readonly body: string;
}

/** A branch somebody wants merged. */
export interface PullOrder {
  readonly directory: string;
  /** The branch. */
  readonly ref: string;
  /** @default the repository's default branch */
  readonly base?: string | undefined;
}

function requireTaken(doing: string, { status, body }: DeliveryAnswer): void {
  if (status < 200 || status > 299)
    throw new Error(`${doing}: the webhook answered ${status || 'nothing in time'}: ${body}`);
}

/** How often `settled` looks. Milliseconds. */
const LOOK_EVERY_MS = 20;

/** Opens the world of a state directory. Throws StateDirectoryInUse when another process has it open. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const directory = ownStateDirectory(options.stateDir);
  try {
    const progress = new Progress();
    const world = new World(directory, await openParts(options, directory.path, progress), progress);
    await world.listen();
    return world;
  } catch (error) {
    directory.release();
    throw error;
  }
}

/** An open world; which of its methods other processes may call, `world/socket.ts` says. */
export class World {
  /** For tests and tools that look deeper. */
  readonly parts: Parts;
  readonly #directory: StateDirectory;
  readonly #progress: Progress;
  #stopListening: () => Promise<void> = async () => {};
  #closing: Promise<void> | undefined;

  constructor(directory: StateDirectory, parts: Parts, progress: Progress) {
    this.#directory = directory;
    this.parts = parts;
    this.#progress = progress;
  }

  /** Lets other processes use this world through the socket of the state directory. */
  async listen(): Promise<void> {
    this.#stopListening = await serveWorld(this, this.#directory.socket);
  }

  /**
   * Pushes the directory's HEAD to the local GitHub, which delivers the event. Jobs that outlived an earlier twin end first: they
   * may still write what this push is about to, and hold their environment's lease.
   * @throws Error when the webhook did not take the delivery.
   */
  async push({ directory, ref, deliveries }: PushOrder): Promise<PushReceipt> {
    this.parts.warming.push();
    await this.#inheritedJobs();
    const result = await this.parts.github.receivePush({ directory, ref, deliveries });
    requireTaken(`pushing ${directory}`, result);
    return { delivery: result.guid, repository: result.repository.id, commit: result.commit };
  }

  /** A person comments on a pull request. @throws Error when the webhook did not take the delivery. */
  async comment(order: CommentOrder): Promise<{ readonly repository: number; readonly comment: number }> {
    const { comment, answer } = await this.parts.github.receiveComment(order);
    requireTaken('commenting', answer);
    return { repository: comment.repository, comment: comment.id };
  }

  /** What a comment was answered with: reactions, the last one at the end, and replies. */
  async answersTo(at: { readonly repository: number; readonly comment: number }) {
    const { reactions, comments } = this.parts.github.discussions;
    return {
      reactions: reactions
        .all()
        .filter(({ comment }) => comment === at.comment)
        .map(({ content }) => content),
      replies: comments
        .all()
        .filter(
          ({ body, repository }) =>
            repository === at.repository && body.includes(`answers ${at.comment} -->`),
        )
        .map(({ body }) => body.replace(/\n*<!--.*-->$/, '')),
    };
  }

  /**
   * Opens a pull request on the local GitHub, or changes the one of the branch, and delivers the event.
   * @throws Error when there is no such branch, or the webhook did not take the delivery.
   */
  async pull(order: PullOrder): Promise<PushReceipt & { readonly number: number }> {
    this.parts.warming.push();
    const result = await this.parts.github.receivePull(order);
    const { guid: delivery, repository, commit, number } = result;
    requireTaken(`opening a pull request of ${order.directory}`, result);
    return { delivery, repository: repository.id, commit, number };
  }

  /** What is written on a pull request, oldest first. */
  async comments(at: { readonly repository: number; readonly number: number }): Promise<readonly string[]> {
    return this.parts.github.discussions.comments
      .all()
      .filter(({ repository, issue }) => repository === at.repository && issue === at.number)
      .map(({ body }) => body)
      .filter((body) => body.includes('<!-- belay plans this '));
  }

  /** The page of the local GitHub: what is shown at an address, or done by a form. */
  async page(request: PageRequest): Promise<PageAnswer> {
    return pageAnswer(this.parts.github, request);
  }

  /** Where deliveries from outside are taken, and the secret they must be signed with. */
  async webhook(): Promise<{ readonly url: string; readonly secret: string }> {
    return this.parts.github.webhook;
  }

  async #inheritedJobs(): Promise<void> {
    const { jobs, log } = this.parts;
    const running = jobs.inherited.filter((job) => !hasEnded(job));
    if (running.length === 0) return;
    const names = running.map(({ jobName }) => jobName).join(', ');
    log(`waiting for what a killed twin left running: ${names}`);
    await Promise.all(running.map((job) => jobs.ended(job)));
  }

  /** Sends a delivery again, with the same GUID. */
  redeliver(guid: string, times = 1): Promise<DeliveryAnswer> {
    return this.parts.github.deliveries.redeliver(guid, times);
  }

  /** Resolves when no execution, job, invocation, event or receivable message of a function's queue is under way. */
  async settled(): Promise<void> {
    await this.#quiet(() => this.#working() || this.parts.executions.busy);
  }

  /** Resolves when nothing is under way but executions that wait for a person's answer, or for one that does. */
  async resting(): Promise<void> {
    await this.#quiet(() => this.#working() || this.parts.executions.moving);
  }

  async #quiet(isBusy: () => boolean): Promise<void> {
    // What one part has just ended another may be about to begin: it must be quiet twice in a row.
    for (let quiet = 0; quiet < 2; ) {
      await sleep(LOOK_EVERY_MS);
      quiet = isBusy() ? 0 : quiet + 1;
    }
  }

  #working(): boolean {
    const { jobs, functions, bus, eventSources } = this.parts;
    // Messages that wait for another attempt are not waited for: that may take hours.
    return [jobs, functions, bus, eventSources].some(({ busy }) => busy);
  }

  /** Calls back when something changed; the answer ends that. */
  onProgress(listener: Listener): () => void {
    return this.#progress.on(listener);
  }

  /** Ledger items of a partition whose sort key starts with `prefix`, in its order. */
  query(pk: string, prefix: string): Promise<Item[]> {
    return queryItems(this.parts.dynamo, { table: this.parts.ledger, pk, prefix });
  }

  /** Every release of every repository, in no order. */
  async releases(): Promise<ReleaseItem[]> {
    const items = await scanItems(this.parts.dynamo, { table: this.parts.ledger, sk: 'release' });
    return items.map((item) => releaseItemSchema.parse(item));
  }

  /** An object of the artifacts bucket; undefined when there is none. */
  async artifact(key: string): Promise<Uint8Array | undefined> {
    return this.parts.objects.get(this.parts.artifacts, key)?.body;
  }

  /** The newest status of each context of a commit of a repository, as GitHub has them. */
  async statuses(at: CommitAt): Promise<readonly ShownStatus[]> {
    return shownStatuses(this.parts.github, at);
  }

  /** What a commit of a repository shows on GitHub. */
  async checks(at: CommitAt): Promise<readonly ShownCheck[]> {
    return shownChecks(this.parts.github, at);
  }

  /** All executions of the machines, without the children of Distributed Maps; those started last at the end. */
  async executions(): Promise<ExecutionEntry[]> {
    return this.parts.executions.entries().filter(({ arn }) => !/:execution:[^:]*\//.test(arn));
  }

  /** The segments of a trace, oldest first. */
  async segments(trace: string): Promise<readonly SegmentDocument[]> {
    return segmentsOf(trace, this.parts);
  }

  async executionHistory(arn: string): Promise<HistoryEvent[]> {
    return this.parts.executions.history(arn);
  }

  /** All Batch jobs, oldest first. */
  async jobs(): Promise<Job[]> {
    return this.parts.jobs.all();
  }

  /** Stores the value of a secret of the repository at `directory`, as `belay/<owner>/<name>/<secret>`. */
  async putSecret(secret: { readonly directory: string; readonly name: string; readonly value: string }) {
    const { repositories } = this.parts.github;
    const branch = await gitAnswer(secret.directory, 'symbolic-ref', '--quiet', '--short', 'HEAD');
    const { owner, name } = await repositories.register(secret.directory, branch ?? 'main');
    this.parts.secrets.set(`belay/${owner}/${name}/${secret.name}`, secret.value);
  }

  /** A person's word to a release, through the function `command`. @throws Error when the function failed. */
  async command(order: z.output<typeof commandContract.input>) {
    return commandContract.output.parse(await this.#ask('command', order));
  }

  /** What the stack's dashboard would show, and whether its alarms would be red. */
  async board(): Promise<Board> {
    const { assembly, functions, notices } = this.parts;
    const told = toldIn(functions.logs, assembly.functions);
    return boardOf(assembly, { told, notices: notices.all(), now: Date.now() });
  }

  /** Sweeps now; one line per thing done. @throws Error when the function failed. */
  async sweep(): Promise<readonly string[]> {
    return sweepContract.output.parse(await this.#ask('sweep', {})).done;
  }

  async #ask(command: string, input: object): Promise<unknown> {
    const { assembly, functions } = this.parts;
    const definition = assembly.functions.find(({ handler }) => handler === `${command}.handler`);
    if (definition === undefined) throw new Error(`the stack has no function ${command}`);
    const { payload, failed } = await functions.invoke(definition.arn, JSON.stringify(input));
    if (failed) throw new Error(`the function ${command} failed: ${payload}`);
    return JSON.parse(payload);
  }

  /** GitHub's numeric id of the repository at `directory`; undefined when it was never pushed. */
  async repositoryAt(directory: string): Promise<number | undefined> {
    return (await this.parts.github.repositories.byDirectory(directory))?.id;
  }

  /** Ends everything in order; running jobs get SIGTERM and their 30 seconds. Called again it waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#stopListening();
    await this.parts.close();
    this.#directory.release();
  }
}
