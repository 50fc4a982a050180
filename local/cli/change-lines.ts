/** One plain line for every change between two views of a release: the live view where there is no terminal. */
import type { ReleaseView, TargetView } from './release-view.ts';
import { countsOf, elapsed, shortened, stateOf } from './words-for-people.ts';

/** The lines that tell what is new in `after`; `before` is undefined for the first view. */
export function changeLines(before: ReleaseView | undefined, after: ReleaseView, now: Date): string[] {
  const known = new Map(
    before?.environments.flatMap(({ targets }) => targets.map((one) => [nameOf(one), one])),
  );
  const lines = before === undefined ? [`release ${after.id} on ${after.branch}`] : [];
  for (const environment of after.environments) {
    const changed = environment.targets.filter((target) => {
      const former = known.get(nameOf(target));
      return former === undefined ? stateOf(target) !== 'waiting' : stateOf(former) !== stateOf(target);
    });
    // What ended without ever having its turn is told together: in a large repository that is most of it.
    const [quiet, moving] = [changed.filter(neverStarted), changed.filter((one) => !neverStarted(one))];
    for (const target of moving) lines.push(lineOf(target, now));
    for (const group of Object.values(Object.groupBy(quiet, (one) => `${stateOf(one)}  ${one.reason}`)))
      if (group !== undefined) lines.push(groupLine(environment.name, group));
    const formerVerdict = before?.environments.find(({ name }) => name === environment.name)?.verdict ?? null;
    if (environment.verdict !== null && environment.verdict !== formerVerdict)
      lines.push(`${environment.name}: ${environment.verdict}`);
  }
  if (after.verdict !== null && after.verdict !== (before?.verdict ?? null))
    lines.push(`release ${after.id}: ${after.verdict}`);
  return lines;
}

const neverStarted = ({ outcome, startedAt }: TargetView) => outcome !== null && startedAt === null;

function groupLine(environment: string, group: readonly TargetView[]): string {
  const names = group.map(({ component }) => component);
  const shown =
    names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
  const [first] = group;
  return `${environment}: ${shown} ${first === undefined ? '' : `${stateOf(first)} (${shortened(first.reason)})`}`;
}

const nameOf = ({ environment, component }: TargetView) => `${environment}/${component}`;

function lineOf(target: TargetView, now: Date): string {
  const ended = target.outcome !== null;
  const details = ended ? [countsOf(target.changes), elapsed(target, now), shortened(target.reason)] : [];
  return [nameOf(target), stateOf(target), ...details].filter((text) => text !== '').join('  ');
}
