/** What people see while a release runs, as text written out. */
import { expect, test } from '@jest/globals';
import { changeLines } from '../../../local/cli/change-lines.ts';
import { drawRelease } from '../../../local/cli/live-view.ts';
import { viewOf } from '../../../local/cli/release-view.ts';
import { type Output, paint, screenFor } from '../../../local/cli/screen.ts';
import { duration, shortened } from '../../../local/cli/words-for-people.ts';
import { at, COMMIT, deployment, failed, outcome, running } from './records.ts';

const text = (records: typeof failed, seconds: number) =>
  drawRelease(viewOf(records), new Date(at(seconds)))
    .map((line) => paint(line, 200, false))
    .join('\n');

test('a running release: what is done, what is being done and for how long, what waits', () => {
  expect(text(running, 5)).toBe(
    [
      'release 20261121-1a2b3c4-1  main  5.0 s  on its way',
      'dev  deploying',
      '  = network   unchanged                   not affected',
      '  ✓ database  applied    +2 ±1     2.4 s',
      '  ● api       applying   ~1 -3     1.5 s',
      '  · web       waiting',
      'prod  waiting',
      '  · network   waiting',
      '  · web       waiting',
    ].join('\n'),
  );
});

test('the ended release: verdicts and reasons, and clocks that stand still', () => {
  expect(text(failed, 500)).toBe(
    [
      'release 20261121-1a2b3c4-1  main  9.0 s  failed',
      'dev  failed',
      '  = network   unchanged                   not affected',
      '  ✓ database  applied    +2 ±1     2.4 s',
      '  ✗ api       failed     ~1 -3     4.5 s  apply failed: port taken',
      '  – web       skipped                     api failed',
      'prod  skipped',
      '  – network   skipped                     the release ended before this environment',
      '  – web       skipped                     the release ended before this environment',
    ].join('\n'),
  );
});

test('without a terminal each change is told once', () => {
  const first = viewOf({
    ...running,
    deployments: [],
    outcomes: [outcome('network', { progress: 'planning', startedAt: at(0) })],
  });
  const now = new Date(at(5));
  expect(changeLines(undefined, first, now)).toEqual([
    'release 20261121-1a2b3c4-1 on main',
    'dev/network  planning',
  ]);
  expect(changeLines(first, viewOf(running), now)).toEqual([
    'dev/database  applied  +2 ±1  2.4 s',
    'dev/api  applying',
    'dev: network unchanged (not affected)',
  ]);
  expect(changeLines(viewOf(running), viewOf(running), now)).toEqual([]);
  expect(changeLines(viewOf(running), viewOf(failed), now)).toEqual([
    'dev/api  failed  ~1 -3  4.5 s  apply failed: port taken',
    'dev: web skipped (api failed)',
    'dev: failed',
    'prod: network, web skipped (the release ended before this environment)',
    'prod: skipped',
    'release 20261121-1a2b3c4-1: failed',
  ]);
});

function recorder(size?: { columns: number; rows: number }): Output & { written: string[] } {
  const written: string[] = [];
  return { written, write: (chunk) => written.push(chunk), ...(size && { isTTY: true, ...size }) };
}

test('a terminal is redrawn over the lines drawn before', () => {
  const output = recorder({ columns: 80, rows: 30 });
  const screen = screenFor(output, { NO_COLOR: '1' });
  screen.show(viewOf(running), new Date(at(5)));
  screen.show(viewOf(failed), new Date(at(9)));
  expect(output.written[0]).toMatch(/^release /);
  expect(output.written[0]?.split('\n')).toHaveLength(10);
  // Nine lines up, then clear to the end of the screen.
  expect(output.written[1]?.slice(0, 16)).toBe('\x1b[9F\x1b[0Jrelease ');
});

test('where not all targets fit, what moves or went wrong is shown and the rest counted', () => {
  const drawn = (records: typeof failed, rows: number) => {
    const output = recorder({ columns: 80, rows });
    screenFor(output, { NO_COLOR: '1' }).show(viewOf(records), new Date(at(5)));
    return output.written.join('').trimEnd().split('\n').slice(1);
  };
  expect(drawn(running, 9)).toEqual([
    'dev  deploying',
    '  ● api       applying   ~1 -3     1.5 s',
    '  = 1 unchanged',
    '  ✓ 1 applied',
    '  · 1 waiting',
    'prod  waiting',
    '  · 2 waiting',
  ]);
  expect(drawn(failed, 9)).toEqual([
    'dev  failed',
    '  ✗ api       failed     ~1 -3     4.5 s  apply failed: port taken',
    '  = 1 unchanged',
    '  ✓ 1 applied',
    '  – 1 skipped',
    'prod  skipped',
    '  – 2 skipped',
  ]);
  // Ten rows take the nine lines of the whole.
  expect(drawn(failed, 10)).toHaveLength(8);
  expect(drawn(failed, 4)).toHaveLength(2);
});

test('colours on a terminal only, and not against the wish of NO_COLOR', () => {
  const drawn = (size: { columns: number; rows: number } | undefined, noColour: string | undefined) => {
    const output = recorder(size);
    screenFor(output, { NO_COLOR: noColour }).show(viewOf(failed), new Date(at(9)));
    return output.written.join('');
  };
  const size = { columns: 80, rows: 30 };
  expect(drawn(size, undefined)).toContain('\x1b[31mfailed');
  expect(drawn(size, '1')).not.toContain('\x1b[3');
  expect(drawn(undefined, undefined)).not.toContain('\x1b');
});

test('a line is cut to the terminal’s width, its colours closed', () => {
  const line = [
    { text: 'ab', tone: 'good' },
    { text: 'cdefgh', tone: 'bad' },
    { text: 'ij', tone: 'good' },
  ] as const;
  expect(paint(line, 6, false)).toBe('abcde');
  expect(paint(line, 6, true)).toBe('\x1b[32mab\x1b[0m\x1b[31mcde\x1b[0m');
});

test('a long or many-lined reason is cut to one line', () => {
  expect(shortened('x'.repeat(160))).toBe('x'.repeat(160));
  expect(shortened('x'.repeat(161))).toBe(`${'x'.repeat(159)}…`);
  expect(shortened('one\ntwo')).toBe('one…');
});

test.each([
  [0, '0.0 s'],
  [449, '0.4 s'],
  [59_999, '59.9 s'],
  [60_000, '1 m 00 s'],
  [125_400, '2 m 05 s'],
  [-5, '0.0 s'],
])('%d ms are %s', (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});

test('what an environment still has in store: the end of its ttl, what left the manifest', () => {
  const records = {
    ...failed,
    deployments: [{ ...deployment, orphans: ['old'] }],
    targets: new Map([['dev/old', { live: { commit: COMMIT, state: 'clean' as const } }]]),
    ends: new Map([['dev', at(3600)]]),
  };
  const lines = text(records, 500).split('\n');
  expect([lines[1], lines[6]]).toEqual([
    'dev  failed  until 2026-11-21T09:00:00.000Z, then destroyed (ttl)',
    '  ? old  orphaned: deployed, but no longer in the manifest',
  ]);
});
