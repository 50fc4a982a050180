/** The job's log: every line masked and timestamped, streamed to the container's output and kept in a file for `log.txt`. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Masking, MaskingStream } from './masking.ts';

/** `log.txt` ends here; the container's output (CloudWatch Logs) goes on. */
export const LONGEST_LOG_BYTES = 64 * 1024 * 1024;
/** A longer line is broken, so that a tool that never ends its line needs no endless memory. */
const LONGEST_LINE = 64 * 1024;

export class Log {
  /** Where the log is kept. */
  readonly file: string;
  readonly #masking: Masking;
  readonly #now: () => Date;
  readonly #write: (line: string) => void;
  #bytes = 0;

  /** Begins the file anew. `write` takes whole lines with their line end. */
  constructor(settings: {
    readonly file: string;
    readonly masking: Masking;
    readonly now: () => Date;
    readonly write: (line: string) => void;
  }) {
    this.file = settings.file;
    this.#masking = settings.masking;
    this.#now = settings.now;
    this.#write = settings.write;
    writeFileSync(this.file, '');
  }

  /** Says something of the executor's own. */
  say(text: string): void {
    for (const line of this.#masking.mask(text).split('\n')) this.line(line);
  }

  /** A stream's way into the log: feed it pieces of output, then end it. */
  stream(): LogStream {
    return new LogStream(this, this.#masking.stream());
  }

  /** Writes one line that is masked already. Synchronous: what was said is kept even when the job is killed. */
  line(text: string): void {
    const line = `${this.#now().toISOString()} ${text}\n`;
    this.#write(line);
    if (this.#bytes > LONGEST_LOG_BYTES) return;
    this.#bytes += Buffer.byteLength(line);
    appendFileSync(
      this.file,
      this.#bytes > LONGEST_LOG_BYTES ? 'log.txt is full: the rest is in the log stream of the job\n' : line,
    );
  }
}

/** Bytes of one output in, masked lines out. */
export class LogStream {
  readonly #log: Log;
  readonly #masking: MaskingStream;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(log: Log, masking: MaskingStream) {
    this.#log = log;
    this.#masking = masking;
  }

  write(piece: Buffer): void {
    this.#take(this.#masking.write(this.#decoder.write(piece)));
  }

  end(): void {
    this.#take(this.#masking.write(this.#decoder.end()) + this.#masking.end());
    if (this.#rest) this.#log.line(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#log.line(line.replace(/\r$/, ''));
    while (this.#rest.length > LONGEST_LINE) {
      this.#log.line(this.#rest.slice(0, LONGEST_LINE));
      this.#rest = this.#rest.slice(LONGEST_LINE);
    }
  }
}
