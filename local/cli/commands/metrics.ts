/** `metrics`: what the dashboard would show, which alarms would be red, and what people were told; called by `local/cli.ts`. */
import type { Board, ShownMetric } from '../../watch/board.ts';
import { statistic } from '../../watch/statistics.ts';
import type { MetricsCommand } from '../command.ts';
import { table } from '../table.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

export async function metrics(command: MetricsCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const board = await twin.board();
    return { exitCode: EXIT.done, result: board, lines: boardLines(board) };
  } finally {
    await twin.close();
  }
}

/** Widgets without any number are named in one line. */
export function boardLines({ widgets, alarms, notices }: Board): string[] {
  const red = alarms.filter(({ isRed }) => isRed);
  const shown = widgets.filter(({ kind }) => kind === 'metric');
  const told = shown.filter(({ metrics: all }) => all.some(({ points }) => points.length > 0));
  const silent = shown.filter((widget) => !told.includes(widget)).map(({ title }) => title);
  return [
    red.length === 0
      ? `all ${alarms.length} alarms are green`
      : `${red.length} of ${alarms.length} alarms are red:`,
    ...red.map(({ name, description }) => `  ${name}: ${description}`),
    ...told.flatMap(({ title, metrics: all }) => ['', title, ...rows(all)]),
    ...(silent.length === 0 ? [] : ['', `nothing told: ${silent.join(', ')}`]),
    ...(notices.length === 0 ? [] : ['', 'what people were told']),
    ...notices
      .filter(({ message }) => !message.startsWith('{'))
      .flatMap(({ at, message }) => noticeLines(at, message)),
  ];
}

function rows(all: readonly ShownMetric[]): string[] {
  const told = all.filter(({ points }) => points.length > 0);
  return table(
    told.map(({ label, points, statistic: kind }) => [`  ${label}`, rounded(overall(kind, points))]),
    [1],
  );
}

/** Of all periods what one is of its values; a percentile of percentiles is close enough for a glance. */
const overall = (kind: string, points: ShownMetric['points']): number =>
  statistic(
    kind,
    points.map(({ value }) => value),
  );

const rounded = (value: number) => String(Math.round(value * 10) / 10);

/** A string template reaches people with its quotes. */
const noticeLines = (at: string, message: string) =>
  message
    .split('\n')
    .map((line, index) => `  ${index === 0 ? at : ' '.repeat(at.length)}  ${line.replace(/^"|"$/g, '')}`);
