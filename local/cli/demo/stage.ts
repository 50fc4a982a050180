/** What the demo's story is played with: releases that are followed and timed, and what can be seen of them afterwards. Used by the story. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followRequest, reportOnRelease, watchRelease } from '../commands/push.ts';
import { textOf } from '../markdown-text.ts';
import type { ReleaseReport } from '../report.ts';
import type { Screen } from '../screen.ts';
import type { CheckPage, PushReceipt, Twin } from '../twin.ts';
import type { Telling } from './telling.ts';

/** One line of the table at the end. */
export interface Row {
  readonly what: string;
  readonly release: string;
  readonly ended: string;
  readonly jobs: number;
  readonly milliseconds: number;
}

/** GitHub may be told late: once a delivery to it has failed it is tried again only after six minutes. Milliseconds. */
const PATIENCE = 600_000;
const LOOK_EVERY = 100;

/** A release as it stands, after it has ended or while it waits for a person. */
export interface Played {
  readonly report: ReleaseReport;
  readonly receipt: PushReceipt;
  /** What the commit shows. */
  readonly pages: readonly CheckPage[];
}

/** A release that waits: who answers goes on with it. */
interface Waiting extends Played {
  readonly screen: Screen;
  readonly row: Row;
}

export class Stage {
  readonly twin: Twin;
  readonly telling: Telling;
  /** The working copy. */
  readonly shop: string;
  /** Where the shop is deployed to. */
  readonly deployed: string;
  readonly rows: Row[] = [];

  constructor(parts: Pick<Stage, 'twin' | 'telling' | 'shop' | 'deployed'>) {
    this.twin = parts.twin;
    this.telling = parts.telling;
    this.shop = parts.shop;
    this.deployed = parts.deployed;
  }

  /** Pushes `main`, or a branch as a pull request, and follows what comes of it until it has ended. */
  async play<Receipt extends PushReceipt>(
    what: string,
    start: () => Promise<Receipt>,
  ): Promise<Played & { receipt: Receipt }> {
    const { row, screen: _, ...played } = await this.playUntilAsked(what, start);
    this.rows.push(row);
    return played;
  }

  /** The same for a release that asks a person: ends when it waits. */
  async playUntilAsked<Receipt extends PushReceipt>(
    what: string,
    start: () => Promise<Receipt>,
  ): Promise<Waiting & { receipt: Receipt }> {
    const screen = this.telling.screen();
    const clock = await this.#clock();
    const receipt = await start();
    const { report } = await followRequest(this.twin, receipt, { screen, until: 'resting' });
    screen.clear();
    const row = { what, ...endOf(report), ...(await clock()) };
    return { report, receipt, pages: await this.#pages(receipt, report), screen, row };
  }

  /** Somebody comments on the pull request that HEAD came by, and the release goes on to its end. */
  async answer(
    { report, receipt, screen, row }: Waiting,
    comment: { readonly by: string; readonly body: string },
  ): Promise<Played & { readonly reaction: string }> {
    const clock = await this.#clock();
    const written = await this.twin.comment({ directory: this.shop, ...comment });
    const named = { repository: receipt.repository, release: report.release ?? '' };
    await watchRelease(this.twin, named, { screen });
    screen.clear();
    const { reactions } = await this.twin.answersTo(written);
    const ended = await reportOnRelease(this.twin, named);
    const { jobs, milliseconds } = await clock();
    this.rows.push({
      ...row,
      ...endOf(ended),
      jobs: row.jobs + jobs,
      milliseconds: row.milliseconds + milliseconds,
    });
    const pages = await this.#pages(receipt, ended);
    return { report: ended, receipt, pages, reaction: reactions.at(-1) ?? 'none' };
  }

  /** What the commit shows, once GitHub knows that the release has ended, or what it asks. */
  #pages(
    { repository, commit: sha }: PushReceipt,
    { verdict }: ReleaseReport,
  ): Promise<readonly CheckPage[]> {
    const isTold = (pages: readonly CheckPage[]) =>
      verdict === 'waiting'
        ? pages.some(({ state }) => state === 'action_required')
        : pages.length > 0 && !pages.some(({ state }) => state === 'queued' || state === 'in_progress');
    return soon(() => this.twin.checks({ repository, sha }), isTold);
  }

  /** Belay's comment on a pull request, as text from the line that begins with `heading`, once it says how that ended. */
  async comment(
    at: { readonly repository: number; readonly number: number },
    heading: string,
  ): Promise<string[]> {
    const part = (all: readonly string[]) => {
      const lines = textOf(all.join('\n'));
      const start = lines.findIndex((line) => line.startsWith(heading));
      return start === -1 ? [] : lines.slice(start);
    };
    const isMade = (all: readonly string[]) =>
      part(all).length > 0 && !part(all).some((line) => /^(Planning|Deploying) .*…$/.test(line));
    return part(await soon(() => this.twin.comments(at), isMade));
  }

  /** The lines that a target's apply job wrote. */
  async applyLog({ report, receipt }: Played, target: string): Promise<string[]> {
    const key = `${receipt.repository}/releases/${report.release}/${target}/apply/log.txt`;
    return Buffer.from((await this.twin.artifact(key)) ?? '')
      .toString('utf8')
      .split('\n');
  }

  /** A file that was deployed; empty where there is none. */
  read(...path: readonly string[]): string {
    const file = join(this.deployed, ...path);
    return lstatSync(file, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(file, 'utf8');
  }

  /** Path → digest of everything that is deployed. */
  everything(): Readonly<Record<string, string>> {
    const paths = readdirSync(this.deployed, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(
      paths.flatMap((path) => {
        const file = join(this.deployed, path);
        const kind = lstatSync(file);
        if (kind.isDirectory()) return [];
        const content = kind.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
        return [[path, createHash('sha256').update(content).digest('hex')]];
      }),
    );
  }

  async #clock(): Promise<() => Promise<Pick<Row, 'jobs' | 'milliseconds'>>> {
    const start = performance.now();
    const { length } = await this.twin.jobs();
    return async () => ({
      jobs: (await this.twin.jobs()).length - length,
      milliseconds: performance.now() - start,
    });
  }
}

/** What `read` answers as soon as `holds`, or in the end. */
async function soon<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const value = await read();
    if (holds(value) || performance.now() > deadline) return value;
    await sleep(LOOK_EVERY);
  }
}

/** Which release, and how it ended with all that people would ask next. */
function endOf({ release, verdict, environments }: ReleaseReport): Pick<Row, 'release' | 'ended'> {
  const back = environments.filter((one) => one.verdict === 'rolled-back').map(({ name }) => name);
  const more = back.length === 0 ? '' : `, ${back.join(', ')} rolled back`;
  return { release: release ?? '', ended: `${verdict}${more}` };
}
