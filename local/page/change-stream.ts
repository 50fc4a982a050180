/** Tells open pages that something they show has changed, as server-sent events. Used by `serve-page.ts`. */
import type { ServerResponse } from 'node:http';
import type { PageTwin } from './exchange.ts';

/** Changes within this time are told together: looking costs a page its making. Milliseconds. */
const GATHER_MS = 250;
/** A comment now and then shows what is between that the line is used. Milliseconds. */
const KEEP_ALIVE_MS = 20_000;

export class ChangeStream {
  readonly #open = new Set<ServerResponse>();
  readonly #stop: () => void;
  readonly #keepAlive = setInterval(() => this.#send(':\n\n'), KEEP_ALIVE_MS).unref();
  #gathering: NodeJS.Timeout | undefined;

  constructor(twin: Pick<PageTwin, 'onProgress'>) {
    // GitHub's records are all that pages show.
    this.#stop = twin.onProgress((changes) => {
      if (changes.has('status')) this.#changed();
    });
  }

  /** Keeps telling it until it hangs up. */
  add(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  close(): void {
    this.#stop();
    clearInterval(this.#keepAlive);
    clearTimeout(this.#gathering);
    for (const response of this.#open) response.end();
  }

  #changed(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#send('data: changed\n\n');
    }, GATHER_MS).unref();
  }

  #send(text: string): void {
    for (const response of this.#open) response.write(text);
  }
}
