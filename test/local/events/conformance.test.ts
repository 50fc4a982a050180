/**
 * Matches events whose result was recorded on AWS. The recordings are not part of the project; without them
 * (BELAY_RECORDINGS, or ../shared/recordings beside the repository) this skips.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { compilePattern, InvalidEventPatternException } from '../../../local/events/pattern.ts';

const folder = process.env.BELAY_RECORDINGS ?? path.join(process.cwd(), '../shared/recordings');
const file = path.join(folder, 'event-patterns.json');
const recorded = existsSync(file) ? test : test.skip;

recorded('agrees with the matches recorded on AWS', () => {
  const cases: { id: string; expect: string; event: unknown; pattern: unknown }[] = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const disagreed = cases
    .map(({ id, expect: wanted, event, pattern }) => ({ id, wanted, got: result(event, pattern) }))
    .filter(({ wanted, got }) => wanted !== got);
  process.stdout.write(
    `agreed ${cases.length - disagreed.length} / applicable ${cases.length} / left out 0\n`,
  );
  expect(disagreed).toEqual([]);
  expect(cases.length).toBeGreaterThan(0);
});

function result(event: unknown, pattern: unknown): string {
  try {
    return compilePattern(pattern)(event) ? 'match' : 'no-match';
  } catch (error) {
    if (error instanceof InvalidEventPatternException) return 'invalid';
    throw error;
  }
}
