/** The chain of what waited for what, from a release's request to its end. Called by `timeline.ts`. */
import type { EnvironmentPart, TargetPart, TimelineRow, TimeSpan } from './timeline.ts';

/** What one row has to do with the release's length. Milliseconds. */
export interface CriticalStep {
  /** The row's name. */
  readonly row: string;
  readonly wait: number;
  readonly work: number;
  /** Longest first, parts of the same name together. */
  readonly parts: readonly { readonly name: string; readonly kind: TimeSpan['kind']; readonly ms: number }[];
}

/** `together`: the environments run side by side, so only the last one counts; otherwise one comes after another. */
export function criticalPath(
  release: TimelineRow,
  environments: readonly EnvironmentPart[],
  { to, together }: { readonly to: number; readonly together: boolean },
): CriticalStep[] {
  const last = environments.toSorted((one, other) => one.to - other.to).at(-1);
  const chosen = together ? environments.filter((one) => one === last) : environments;
  const steps = chosen.flatMap((environment, index) => {
    const [lease, settle] = [spansOf(environment.row, 'lease'), spansOf(environment.row, 'settle')];
    const { name } = environment.row;
    // From one environment to the next, or to the one that counts.
    const from = chosen[index - 1]?.to ?? environments[0]?.from ?? environment.from;
    const arrival: TimeSpan = { name: 'belay', kind: 'work', from, to: environment.from };
    return [step(name, [arrival, ...lease]), ...targetSteps(environment), step(name, settle)];
  });
  const ended = last?.to ?? to;
  const closing: TimeSpan = { name: 'close', kind: 'work', from: ended, to };
  return [step('release', release.spans), ...steps, step('release', [closing])].filter(
    ({ wait, work }) => wait + work > 0,
  );
}

const spansOf = ({ spans }: TimelineRow, wanted: string) => spans.filter(({ name }) => name === wanted);

/** From the target that ended last back to one that waited for none. */
function targetSteps({ targets, opened }: EnvironmentPart): CriticalStep[] {
  const chain: TargetPart[] = [];
  // Two that were given up in one moment have each ended before the other: none is told twice.
  const left = new Set(targets);
  for (let next = latest(targets); next !== undefined; next = before(next, [...left])) {
    chain.unshift(next);
    left.delete(next);
  }
  let at = opened;
  return chain.map((target) => {
    // What a turn waited for is told by what it waited for; the rest is the way from one to the other.
    const arrival: TimeSpan = { name: 'belay', kind: 'work', from: at, to: target.from };
    const own = target.row.spans.filter(({ name }) => name !== 'turn');
    at = target.to;
    return step(target.row.name, [arrival, ...own]);
  });
}

const latest = (targets: readonly TargetPart[]) => targets.toSorted((one, other) => one.to - other.to).at(-1);

/** Of the others it had to wait for, the one that ended last: what it is related with in its pass, and all of the passes before. */
function before(target: TargetPart, others: readonly TargetPart[]): TargetPart | undefined {
  return latest(
    others.filter(
      (one) =>
        one.to <= target.from &&
        (one.pass === target.pass ? target.related.has(one.component) : one.from < target.from),
    ),
  );
}

/** Where spans lie side by side, what was worked on counts before what was waited for, and each moment once. */
function step(row: string, spans: readonly TimeSpan[]): CriticalStep {
  const parts = new Map<string, { name: string; kind: TimeSpan['kind']; ms: number }>();
  let at = Number.NEGATIVE_INFINITY;
  const order = { work: 0, wait: 1 };
  for (const span of spans.toSorted(
    (one, other) => one.from - other.from || order[one.kind] - order[other.kind],
  )) {
    const ms = Math.max(0, span.to - Math.max(span.from, at));
    at = Math.max(at, span.to);
    const key = `${span.kind} ${span.name}`;
    const part = parts.get(key) ?? { name: span.name, kind: span.kind, ms: 0 };
    if (ms > 0) parts.set(key, { ...part, ms: part.ms + ms });
  }
  const all = [...parts.values()].sort((one, other) => other.ms - one.ms);
  const total = (kind: TimeSpan['kind']) =>
    all.filter((part) => part.kind === kind).reduce((sum, part) => sum + part.ms, 0);
  return { row, wait: total('wait'), work: total('work'), parts: all };
}
