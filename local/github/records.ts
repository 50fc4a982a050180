/** Things the twin's GitHub keeps, each known by a number: one file of JSON lines a kind, the last line of a number counts. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export class Records<T extends { readonly id: number }> {
  readonly #file: string;
  readonly #byId = new Map<number, T>();

  constructor(file: string) {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines) {
      if (line === '') continue;
      const record = JSON.parse(line) as T;
      this.#byId.set(record.id, record);
    }
  }

  /** In the order they were made. */
  all(): readonly T[] {
    return [...this.#byId.values()];
  }

  byId(id: number): T | undefined {
    return this.#byId.get(id);
  }

  /** Makes one under the next number. */
  add(make: (id: number) => T): T {
    return this.put(make(this.#byId.size + 1));
  }

  /** Replaces the one of this number. */
  put(record: T): T {
    appendFileSync(this.#file, `${JSON.stringify(record)}\n`);
    this.#byId.set(record.id, record);
    return record;
  }
}
