/** Tells whoever watches that something changed, at most a few times a second. */

/** What changed. Listeners read the new state themselves. */
export type Change = 'execution' | 'job' | 'log' | 'ledger' | 'status';
export type Listener = (changes: ReadonlySet<Change>) => void;

/** Changes within this time are told together. Milliseconds. */
const GATHER_MS = 50;

/** The listeners of one world. */
export class Progress {
  readonly #listeners = new Set<Listener>();
  #gathered = new Set<Change>();

  /** Adds a listener; the answer removes it. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says that something changed. */
  changed(change: Change): void {
    if (this.#listeners.size === 0) return;
    if (this.#gathered.size === 0) setTimeout(() => this.#tell(), GATHER_MS).unref();
    this.#gathered.add(change);
  }

  #tell(): void {
    const changes = this.#gathered;
    this.#gathered = new Set();
    for (const listener of this.#listeners) listener(changes);
  }
}
