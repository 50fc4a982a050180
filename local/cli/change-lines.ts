/** One plain line for every change between two views of a release: the live view where there is no terminal. */
import type { ReleaseView, TargetView } from './release-view.ts';
import { countsOf, elapsed, stateOf } from './words-for-people.ts';

/** The lines that tell what is new in `after`; `before` is undefined for the first view. */
export function changeLines(before: ReleaseView | undefined, after: ReleaseView, now: Date): string[] {
  const known = new Map(
    before?.environments.flatMap(({ targets }) => targets.map((one) => [nameOf(one), one])),
  );
  const lines = before === undefined ? [`release ${after.id} on ${after.branch}`] : [];
  for (const environment of after.environments) {
    for (const target of environment.targets) {
      const former = known.get(nameOf(target));
      const state = stateOf(target);
      if (former === undefined ? state === 'waiting' : stateOf(former) === state) continue;
      lines.push(lineOf(target, now));
    }
    const formerVerdict = before?.environments.find(({ name }) => name === environment.name)?.verdict ?? null;
    if (environment.verdict !== null && environment.verdict !== formerVerdict)
      lines.push(`${environment.name}: ${environment.verdict}`);
  }
  if (after.verdict !== null && after.verdict !== (before?.verdict ?? null))
    lines.push(`release ${after.id}: ${after.verdict}${after.reason === '' ? '' : ` (${after.reason})`}`);
  return lines;
}

const nameOf = ({ environment, component }: TargetView) => `${environment}/${component}`;

function lineOf(target: TargetView, now: Date): string {
  const ended = target.outcome !== null;
  const details = ended ? [countsOf(target.changes), elapsed(target, now), target.reason] : [];
  return [nameOf(target), stateOf(target), ...details].filter((text) => text !== '').join('  ');
}
