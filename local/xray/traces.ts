/** X-Ray of the twin: the segments it was sent, by trace. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type SegmentDocument, segmentDocumentSchema } from './document.ts';

/** A trace's segments are taken for so long, by its id's own time: seven days, and a little the other way for clocks. Seconds. */
const TAKEN_FOR = 7 * 24 * 3600;
const CLOCK_SKEW = 300;

export class Traces {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** @throws Error saying what X-Ray would not take. */
  put(document: unknown, now = Date.now()): void {
    const result = segmentDocumentSchema.safeParse(document);
    if (!result.success) throw new Error(`X-Ray takes no such segment: ${z.prettifyError(result.error)}`);
    const { trace_id: trace, name } = result.data;
    const age = now / 1000 - Number.parseInt(trace.slice(2, 10), 16);
    if (age > TAKEN_FOR || age < -CLOCK_SKEW)
      throw new Error(`X-Ray takes no segment "${name}" of a trace that is ${Math.round(age)} seconds old`);
    appendFileSync(this.#file(trace), `${JSON.stringify(result.data)}\n`);
  }

  /** In the order they came. */
  of(trace: string): SegmentDocument[] {
    const file = this.#file(trace);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as SegmentDocument);
  }

  #file(trace: string): string {
    return join(this.#folder, `${trace}.jsonl`);
  }
}
