/** Keeps executions on disk: per execution its record and its history, and one index of all. Used by `executions.ts`. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HistoryEvent } from '../asl/history.ts';
import type { ExecutionRecord, Status } from '../asl/record.ts';
import { writeFileAtomic } from '../wire/files.ts';

/** What lists of executions show. */
export interface ExecutionEntry {
  readonly arn: string;
  readonly status: Status;
  readonly startDate: string;
}

interface Unwritten {
  record: ExecutionRecord | undefined;
  events: HistoryEvent[];
}

/** All executions of a state directory. */
export class ExecutionStore {
  readonly #folder: string;
  readonly #records = new Map<string, ExecutionRecord>();
  readonly #index = new Map<string, ExecutionEntry>();
  readonly #unwritten = new Map<string, Unwritten>();
  #indexLines: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const index = join(folder, 'index.jsonl');
    if (!existsSync(index)) return;
    for (const line of readFileSync(index, 'utf8').split('\n')) {
      if (line === '') continue;
      const entry = JSON.parse(line) as ExecutionEntry;
      this.#index.set(entry.arn, entry);
    }
  }

  /** All executions, those started last at the end. */
  entries(): ExecutionEntry[] {
    return [...this.#index.values()];
  }

  /** Keeps a record. What changes within one turn of the event loop is written together at its end. */
  save(record: ExecutionRecord): void {
    this.#records.set(record.arn, record);
    this.#unwrittenOf(record.arn).record = record;
    const { arn, status, startDate } = record;
    if (this.#index.get(arn)?.status === status) return;
    this.#index.set(arn, { arn, status, startDate });
    this.#indexLines.push(`${JSON.stringify({ arn, status, startDate })}\n`);
  }

  append(arn: string, event: HistoryEvent): void {
    this.#unwrittenOf(arn).events.push(event);
  }

  /** The record, or undefined when there was no such execution. */
  load(arn: string): ExecutionRecord | undefined {
    const known = this.#records.get(arn);
    if (known !== undefined || !this.#index.has(arn)) return known;
    const record = JSON.parse(readFileSync(this.#file(arn, 'record.json'), 'utf8')) as ExecutionRecord;
    this.#records.set(arn, record);
    return record;
  }

  /** The whole history, oldest first. */
  history(arn: string): HistoryEvent[] {
    this.flush();
    const file = this.#file(arn, 'history.jsonl');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryEvent);
  }

  /** Writes everything that is not on disk yet. */
  flush(): void {
    for (const [arn, { record, events }] of this.#unwritten) {
      const file = this.#file(arn, 'history.jsonl');
      mkdirSync(dirname(file), { recursive: true });
      if (events.length > 0) {
        appendFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      }
      if (record !== undefined) writeFileAtomic(this.#file(arn, 'record.json'), JSON.stringify(record));
    }
    this.#unwritten.clear();
    // Last: what the index names is there.
    if (this.#indexLines.length > 0)
      appendFileSync(join(this.#folder, 'index.jsonl'), this.#indexLines.join(''));
    this.#indexLines = [];
  }

  #unwrittenOf(arn: string): Unwritten {
    const known = this.#unwritten.get(arn);
    if (known !== undefined) return known;
    if (this.#unwritten.size === 0) setImmediate(() => this.flush());
    const unwritten: Unwritten = { record: undefined, events: [] };
    this.#unwritten.set(arn, unwritten);
    return unwritten;
  }

  /** `…:execution:machine/Map:name` lies in `machine~Map/name`: an execution might be called like a Map. */
  #file(arn: string, name: string): string {
    const [machine = '', execution = ''] = arn.replace(/^.*:execution:/, '').split(':');
    return join(this.#folder, machine.replaceAll('/', '~'), execution, name);
  }
}
