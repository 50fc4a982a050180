/** The wish to stop: SIGTERM from Batch or the platform, or Ctrl-C in the twin, turned into at most one signal for the tool. */
import { terminated } from './failure.ts';

export class Stop {
  #requested = false;
  readonly #forwards = new Set<() => void>();

  get requested(): boolean {
    return this.#requested;
  }

  /**
   * Asks the running process to end. Only the first call does anything: a second signal makes OpenTofu and Terraform exit at
   * once and lose state (https://github.com/hashicorp/terraform/blob/main/commands.go).
   */
  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    for (const forward of this.#forwards) forward();
  }

  /** Names a running process a stop is forwarded to; the returned function takes it back. */
  forwardTo(forward: () => void): () => void {
    this.#forwards.add(forward);
    return () => this.#forwards.delete(forward);
  }

  /** @throws JobFailure when a stop was asked for: nothing new is begun then. */
  check(next: string): void {
    if (this.#requested) throw terminated(`stopped by SIGTERM before ${next}`);
  }
}
