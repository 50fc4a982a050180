/** What stands beside a commit: its check runs and statuses as one list, and what they come to together. Used by the views. */
import { elapsed } from '../../core/checks/markdown.ts';
import type { CheckRun } from '../github/checks.ts';
import type { GitHub } from '../github/github.ts';
import type { LocalRepository } from '../github/repositories.ts';
import type { Status } from '../github/statuses.ts';
import type { IconName } from './icons.ts';
import { pathOf } from './paths.ts';

export type MarkState =
  | 'failure'
  | 'attention'
  | 'cancelled'
  | 'progress'
  | 'queued'
  | 'success'
  | 'neutral'
  | 'skipped';

/** One check run, or one status. */
export interface Mark {
  readonly name: string;
  readonly state: MarkState & IconName;
  /** `Successful in 12 s`. */
  readonly said: string;
  readonly title: string;
  /** Its page; a status has none. */
  readonly path?: string;
}

/** The order in which GitHub lists them: what is bad first. */
const ORDER: readonly MarkState[] = [
  'failure',
  'attention',
  'cancelled',
  'progress',
  'queued',
  'success',
  'neutral',
  'skipped',
];

const CONCLUSIONS: Readonly<Record<string, readonly [MarkState, string]>> = {
  success: ['success', 'Successful in'],
  failure: ['failure', 'Failing after'],
  timed_out: ['failure', 'Timed out after'],
  cancelled: ['cancelled', 'Cancelled after'],
  action_required: ['attention', 'Action required'],
  neutral: ['neutral', 'Completed in'],
  skipped: ['skipped', 'Skipped'],
};

const STATUSES: Readonly<Record<Status['state'], readonly [MarkState, string]>> = {
  success: ['success', 'Successful'],
  failure: ['failure', 'Failing'],
  error: ['failure', 'Error'],
  pending: ['progress', 'Pending'],
};

/** The newest run of every name and the newest status of every context. */
export function marksOf(github: GitHub, repository: LocalRepository, sha: string): readonly Mark[] {
  const commit = { repository: repository.id, sha };
  const marks = [
    ...github.checks.of(commit).map((run) => markOf(repository, run)),
    ...github.statuses.newest(commit).map(markOfStatus),
  ];
  const rank = ({ state }: Mark) => ORDER.indexOf(state);
  return marks.toSorted((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
}

export function markOf(repository: LocalRepository, run: CheckRun): Mark {
  const { id, name, output, status, conclusion, started_at, completed_at } = run;
  const path = pathOf(repository, 'runs', String(id));
  const always = { name, title: output?.title ?? '', path };
  if (status === 'queued') return { ...always, state: 'queued', said: 'Queued' };
  if (conclusion === null || completed_at === null)
    return { ...always, state: 'progress', said: 'In progress' };
  const [state, words] = CONCLUSIONS[conclusion] ?? ['neutral', 'Completed in'];
  const isTimed = / (in|after)$/.test(words);
  return { ...always, state, said: isTimed ? `${words} ${elapsed(started_at, completed_at)}` : words };
}

function markOfStatus({ context: name, state: word, description }: Status): Mark {
  const [state, said] = STATUSES[word];
  return { name, state, said, title: description ?? '' };
}

/** All of them in GitHub's words. */
export interface Rollup {
  readonly state: MarkState;
  /** `All checks have passed`. */
  readonly title: string;
  /** `2 successful, 1 queued checks`. */
  readonly counts: string;
  /** `2/3`: how many are well. */
  readonly fraction: string;
}

const GOOD: readonly MarkState[] = ['success', 'neutral', 'skipped'];
const GOING: readonly MarkState[] = ['progress', 'queued'];

const NAMES: Readonly<Record<MarkState, string>> = {
  failure: 'failing',
  attention: 'waiting for an answer',
  cancelled: 'cancelled',
  progress: 'in progress',
  queued: 'queued',
  success: 'successful',
  neutral: 'neutral',
  skipped: 'skipped',
};

/** Undefined when there is nothing to sum up. */
export function rollup(marks: readonly Mark[]): Rollup | undefined {
  if (marks.length === 0) return undefined;
  const among = (states: readonly MarkState[]) => marks.filter(({ state }) => states.includes(state)).length;
  const counted = ORDER.map((state) => [among([state]), NAMES[state]] as const).filter(
    ([count]) => count > 0,
  );
  const counts = `${counted.map(([count, name]) => `${count} ${name}`).join(', ')} check${marks.length === 1 ? '' : 's'}`;
  return { ...verdict(marks.length, among), counts, fraction: `${among(GOOD)}/${marks.length}` };
}

function verdict(
  all: number,
  among: (states: readonly MarkState[]) => number,
): Pick<Rollup, 'state' | 'title'> {
  const bad = among(['failure', 'cancelled']);
  if (bad === all) return { state: 'failure', title: 'All checks have failed' };
  if (bad > 0) return { state: 'failure', title: 'Some checks were not successful' };
  if (among(['attention']) > 0) return { state: 'attention', title: 'Some checks wait for an answer' };
  if (among(GOING) > 0) return { state: 'progress', title: 'Some checks haven’t completed yet' };
  return { state: 'success', title: 'All checks have passed' };
}
