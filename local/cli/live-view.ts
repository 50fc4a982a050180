/** A release drawn as lines of text, the same for every redraw; called by `screen.ts` and at the end of a push. */
import type { EnvironmentView, ReleaseView, TargetView } from './release-view.ts';
import { countsOf, duration, elapsed, stateOf, symbolOf, type Tone, toneOf } from './words-for-people.ts';

/** A piece of a line; a line is its pieces one after another. */
export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Piece[];

const plain = (text: string): Piece => ({ text, tone: 'plain' });

/**
 * A title, then each environment with its targets. `now` measures what is still running. Where all targets do not fit into
 * `rows`, those that are moving or went wrong are shown and the others counted.
 */
export function drawRelease(view: ReleaseView, now: Date, rows = Number.POSITIVE_INFINITY): Line[] {
  const fits =
    1 +
      view.environments.reduce((sum, { targets, orphans }) => sum + 1 + targets.length + orphans.length, 0) <=
    rows;
  const columns = {
    component: widest(view, ({ component }) => component),
    state: widest(view, stateOf),
    changes: widest(view, ({ changes }) => countsOf(changes)),
  };
  return [
    titleOf(view, now),
    ...(view.unshown === null ? [] : [[plain(`  not shown on GitHub: ${view.unshown}`)]]),
    ...view.environments.flatMap((environment) => [
      headingOf(environment),
      ...environment.targets
        .filter((target) => fits || isWorthALine(target))
        .map((target) => lineOf(target, columns, now)),
      ...environment.orphans.map(orphanLine),
      ...(fits ? [] : countLines(environment.targets.filter((target) => !isWorthALine(target)))),
    ]),
  ];
}

function titleOf(view: ReleaseView, now: Date): Line {
  const took = duration(
    (view.endedAt === null ? now.getTime() : Date.parse(view.endedAt)) - Date.parse(view.startedAt),
  );
  const verdict = view.verdict ?? 'on its way';
  return [
    { text: `release ${view.id}`, tone: 'strong' },
    plain(`  ${view.branch}  ${took}  `),
    { text: verdict, tone: toneOfVerdict(view.verdict) },
  ];
}

function headingOf({ name, verdict, progress, end }: EnvironmentView): Line {
  const until: Line = end === null ? [] : [{ text: `  until ${end}, then destroyed (ttl)`, tone: 'quiet' }];
  return [
    { text: name, tone: 'strong' },
    plain('  '),
    { text: verdict ?? progress, tone: verdict === null ? 'quiet' : toneOfVerdict(verdict) },
    ...until,
  ];
}

function lineOf(
  target: TargetView,
  columns: { component: number; state: number; changes: number },
  now: Date,
): Line {
  const pieces = [
    plain('  '),
    { text: symbolOf(target), tone: toneOf(target) },
    plain(` ${target.component.padEnd(columns.component)}  `),
    { text: stateOf(target).padEnd(columns.state), tone: toneOf(target) },
    plain(`  ${countsOf(target.changes).padEnd(columns.changes)}  ${elapsed(target, now).padStart(8)}`),
  ];
  // What was applied has its counts: the reason says the same in words.
  const isSaid = target.reason === '' || target.outcome === 'applied';
  return isSaid ? pieces : [...pieces, { text: `  ${target.reason}`, tone: 'quiet' }];
}

const orphanLine = (component: string): Line => [
  plain(`  ? ${component}  `),
  { text: 'orphaned: deployed, but no longer in the manifest', tone: 'quiet' },
];

function isWorthALine(target: TargetView): boolean {
  return toneOf(target) === 'busy' || toneOf(target) === 'bad';
}

function countLines(targets: readonly TargetView[]): Line[] {
  return Object.entries(Object.groupBy(targets, stateOf)).flatMap(([state, group = []]) => {
    const [first] = group;
    if (first === undefined) return [];
    const mark = { text: symbolOf(first), tone: toneOf(first) };
    return [[plain('  '), mark, plain(` ${group.length} `), { text: state, tone: toneOf(first) }]];
  });
}

function toneOfVerdict(verdict: string | null): Tone {
  if (verdict === null || verdict === 'waiting') return 'busy';
  if (verdict === 'succeeded' || verdict === 'nothing-to-do') return 'good';
  return verdict === 'skipped' || verdict === 'superseded' || verdict === 'cancelled' ? 'quiet' : 'bad';
}

function widest(view: ReleaseView, text: (target: TargetView) => string): number {
  return Math.max(0, ...view.environments.flatMap(({ targets }) => targets.map((one) => text(one).length)));
}
