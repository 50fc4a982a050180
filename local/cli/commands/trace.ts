/** `trace`: where a release's time went, and which segments its trace has; called by `local/cli.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timelineKey } from '../../../core/keys.ts';
import type { CriticalStep } from '../../../core/trace/critical-path.ts';
import { shortTime } from '../../../core/trace/short-time.ts';
import { type Timeline, timelineOf } from '../../../core/trace/timeline.ts';
import type { SegmentDocument } from '../../xray/document.ts';
import type { TraceCommand } from '../command.ts';
import { findRecords, readTimes } from '../release-records.ts';
import { table } from '../table.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** @throws BadInput when there is no such release. */
export async function trace(command: TraceCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const records = await findRecords(twin, command);
    const timeline = timelineOf(await readTimes(twin, records), new Date());
    const segments = timeline.trace === undefined ? [] : await twin.segments(timeline.trace);
    const page = await twin.artifact(timelineKey(records.release.repository.id, timeline.release));
    const file = page && join(command.stateDir, `timeline-${timeline.release}.html`);
    if (page && file) writeFileSync(file, page);
    return {
      exitCode: EXIT.done,
      result: resultOf(timeline, { segments, file }),
      lines: [
        headline(timeline),
        '',
        ...pathLines(timeline.path),
        '',
        ...targetLines(timeline),
        '',
        segmentLine(timeline.trace, segments),
        file === undefined ? 'its timeline comes when it has ended' : `its timeline: ${file}`,
      ],
    };
  } finally {
    await twin.close();
  }
}

const total = (steps: readonly Pick<CriticalStep, 'wait' | 'work'>[], kind: 'wait' | 'work') =>
  steps.reduce((sum, step) => sum + step[kind], 0);

function headline({ release, verdict, from, to, path }: Timeline): string {
  const parts = `${shortTime(total(path, 'work'))} work, ${shortTime(total(path, 'wait'))} waiting`;
  return `${release}  ${verdict || 'on its way'}  ${shortTime(to - from)} on the critical path: ${parts}`;
}

/** Parts that are shown of a step; the rest is in `--json`. */
const SHOWN_PARTS = 4;

function pathLines(path: readonly CriticalStep[]): string[] {
  const rows = path.map(({ row, work, wait, parts }) => [
    row,
    ...[work + wait, work, wait].map(shortTime),
    parts
      .slice(0, SHOWN_PARTS)
      .map(({ name, ms }) => `${name} ${shortTime(ms)}`)
      .join(', '),
  ]);
  return table([['critical path', 'took', 'work', 'waiting', ''], ...rows], [1, 2, 3]);
}

/** All targets, also those beside the path. */
function targetsOf({ rows }: Timeline) {
  return rows
    .filter(({ name }) => name.includes('/'))
    .map(({ name, end, spans }) => {
      const sum = (kind: 'wait' | 'work') =>
        spans.filter((span) => span.kind === kind).reduce((ms, { from, to }) => ms + to - from, 0);
      return { target: name, end, workMs: sum('work'), waitMs: sum('wait') };
    });
}

function targetLines(timeline: Timeline): string[] {
  const rows = targetsOf(timeline).map(({ target, end, workMs, waitMs }) => [
    target,
    end,
    shortTime(workMs),
    shortTime(waitMs),
  ]);
  return table([['target', '', 'work', 'waiting'], ...rows], [2, 3]);
}

function segmentLine(id: string | undefined, segments: readonly SegmentDocument[]): string {
  if (id === undefined) return 'it has no trace: an older version of Belay began it';
  const names = [...Map.groupBy(segments, ({ name }) => name)].map(([name, of]) =>
    of.length === 1 ? name : `${of.length} × ${name}`,
  );
  return `trace ${id}: ${segments.length} segments (${names.join(', ')})`;
}

function resultOf(
  timeline: Timeline,
  { segments, file }: { readonly segments: readonly SegmentDocument[]; readonly file: string | undefined },
) {
  const { release, verdict, from, to, path } = timeline;
  return {
    release,
    verdict: verdict || null,
    trace: timeline.trace ?? null,
    tookMs: to - from,
    workMs: total(path, 'work'),
    waitMs: total(path, 'wait'),
    criticalPath: path.map(({ row, work, wait, parts }) => ({
      step: row,
      workMs: work,
      waitMs: wait,
      parts,
    })),
    targets: targetsOf(timeline),
    segments,
    timeline: file ?? null,
  };
}
