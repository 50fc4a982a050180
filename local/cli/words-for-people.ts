/** Short words and numbers for people: how far a target is, what it changes, how long it took; used by the views. */
import type { Outcome } from '../../core/words.ts';
import type { ChangeView, TargetView } from './release-view.ts';

/** How a line is to be read; a terminal shows it as a colour. */
export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'strong' | 'plain';

/** `applied`, `planning`: the outcome once there is one. */
export function stateOf({ outcome, progress }: TargetView): string {
  return outcome ?? progress;
}

/** One character that can be told apart without colours. */
export function symbolOf({ outcome, progress }: TargetView): string {
  if (outcome === null) return progress === 'waiting' ? '·' : '●';
  return { good: '✓', bad: '✗', quiet: '–', busy: '●', strong: ' ', plain: '=' }[toneOfOutcome(outcome)];
}

export function toneOf({ outcome, progress }: TargetView): Tone {
  if (outcome === null) return progress === 'waiting' ? 'quiet' : 'busy';
  return toneOfOutcome(outcome);
}

function toneOfOutcome(outcome: Outcome): Tone {
  switch (outcome) {
    case 'applied':
    case 'destroyed':
    case 'planned':
      return 'good';
    case 'unchanged':
      return 'plain';
    case 'skipped':
    case 'superseded':
    case 'cancelled':
      return 'quiet';
    case 'failed':
    case 'rejected':
    case 'rolled-back':
    case 'rollback-failed':
      return 'bad';
  }
}

/** `+2 ~1 -1 ±1` (added, changed, destroyed, replaced), without the zeros. */
export function countsOf({ add, change, destroy, replace }: ChangeView): string {
  const parts: [string, number][] = [
    ['+', add],
    ['~', change],
    ['-', destroy],
    ['±', replace],
  ];
  return parts.flatMap(([sign, count]) => (count > 0 ? [`${sign}${count}`] : [])).join(' ');
}

/** One line of at most 160 characters; the whole is in `--json` and in the logs. */
export function shortened(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length <= 160 && line === text ? line : `${line.slice(0, 159).trimEnd()}…`;
}

/** `0.4 s`, `12.0 s`, `1 m 05 s`. */
export function duration(milliseconds: number): string {
  const tenths = Math.floor(Math.max(milliseconds, 0) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.floor(tenths / 10);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

/** How long a target has been, or was, at it; empty before its turn. */
export function elapsed(
  { startedAt, endedAt }: Pick<TargetView, 'startedAt' | 'endedAt'>,
  now: Date,
): string {
  if (startedAt === null) return '';
  const end = endedAt === null ? now.getTime() : Date.parse(endedAt);
  return duration(end - Date.parse(startedAt));
}
