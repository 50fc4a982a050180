/** An append-only file of JSON lines: how queue.ts keeps its messages over a restart. */
import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { writeFileAtomic } from '../files.ts';

/** Lines of one kind of entry, oldest first. */
export class Journal<Entry> {
  readonly #path: string;
  #descriptor: number;
  #length = 0;

  /** Opens the file, creating it when it is not there; read it before appending. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'a', 0o600);
  }

  /** Entries in the file, appended ones included. */
  get length(): number {
    return this.#length;
  }

  /** All entries; a last line cut short by a kill is left out: its writer never got an answer. */
  read(): Entry[] {
    const lines = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n') : [];
    lines.pop();
    this.#length = lines.length;
    return lines.map((line) => JSON.parse(line) as Entry);
  }

  /** Adds an entry; it is with the operating system when this returns. */
  append(entry: Entry): void {
    writeSync(this.#descriptor, `${JSON.stringify(entry)}\n`);
    this.#length++;
  }

  /** Replaces all entries by fewer that say the same. */
  rewrite(entries: readonly Entry[]): void {
    writeFileAtomic(this.#path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), 0o600);
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#path, 'a');
    this.#length = entries.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
