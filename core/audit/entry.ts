/** An entry of an environment's history in Git: who did what to it and how it ended, as a commit message. Written by `settle`. */
import type { OutcomeItem } from '../ledger/work-items.ts';
import { COMMIT_OPERATIONS, type EnvironmentVerdict, type Operation } from '../words.ts';

/** A person's yes to a change of a component. */
export interface Approver {
  readonly component: string;
  readonly by: string;
}

/** A deployment that has ended. */
export interface EndedInEnvironment {
  readonly release: { readonly id: string; readonly commit: string };
  readonly environment: string;
  readonly operation: Operation;
  readonly verdict: EnvironmentVerdict;
  readonly targets: readonly OutcomeItem[];
  /** Components it leaves between two commits. */
  readonly dirty: readonly string[];
  /** The last commit the environment succeeded with; undefined where there is none. */
  readonly deployed: string | undefined;
  /** A destroy has left nothing deployed. */
  readonly isEmpty: boolean;
  /** The lease it was done under. */
  readonly fence: number;
  /** Login of who pushed or asked; `belay` where nobody did. */
  readonly actor: string;
  readonly approvers: readonly Approver[];
  /** ISO 8601. */
  readonly endedAt: string;
}

/** Targets that are named: 300 bytes each are far from what a ledger item holds (400 KB). */
const MAX_TARGETS = 500;

/**
 * The targets that a deployment under this lease was about, with those an earlier one of the release had changed and this one has
 * taken back. None when it never came to any: then nothing was done to the environment.
 */
export function targetsOf(outcomes: readonly OutcomeItem[], fence: number): readonly OutcomeItem[] {
  const affected = outcomes.filter((target) => target.affected !== 'unaffected');
  if (!affected.some(({ attempt }) => attempt === fence)) return [];
  return affected.filter(({ attempt, rollback }) => attempt === fence || rollback !== undefined);
}

/**
 * The message: facts alone, and no reason, for a tool's own words may hold anything. What programs read are the trailers:
 * https://git-scm.com/docs/git-interpret-trailers
 */
export function entryMessage(entry: EndedInEnvironment): string {
  const { release, environment, operation, verdict, deployed } = entry;
  const dirty = new Set(entry.dirty);
  const all = entry.targets.toSorted((one, other) => (one.component < other.component ? -1 : 1));
  const shown = all.slice(0, MAX_TARGETS);
  const left = all.length - shown.length;
  const lines = shown.map((target) => `- ${target.component}: ${endOf(target, dirty)}`);
  const names = new Set(shown.map(({ component }) => component));
  const trailers: readonly (readonly [string, string])[] = [
    ['Release', release.id],
    ['Operation', operation],
    ['Environment', environment],
    ['Verdict', verdict],
    ['Commit', release.commit],
    ['Deployed', (entry.isEmpty ? undefined : deployed) ?? 'none'],
    ['Lease', String(entry.fence)],
    ['Actor', entry.actor],
    ...entry.approvers
      .filter(({ component }) => names.has(component))
      .map(({ component, by }) => ['Approver', `${component} ${by}`] as const),
    ...shown
      .filter(({ component }) => dirty.has(component))
      .map(({ component }) => ['Dirty', component] as const),
    ...shown.flatMap(digestsOf),
    ['Ended', entry.endedAt],
  ];
  return [
    `${environment}: ${doneOf(entry)} ${howItEnded(entry)}`,
    [`Release ${release.id}: ${tallyOf(all)}.`, ...treeOf(entry)].join('\n'),
    [...lines, ...(left > 0 ? [`- and ${left} more`] : [])].join('\n'),
    trailers.map(([name, value]) => `Belay-${name}: ${onOneLine(value)}`).join('\n'),
  ].join('\n\n');
}

function doneOf({ operation, release }: EndedInEnvironment): string {
  switch (operation) {
    case 'restore':
      return 'restore of last good';
    case 'destroy':
      return 'destroy';
    case 'rollback':
      return `rollback to ${short(release.commit)}`;
    default:
      return `${operation} ${short(release.commit)}`;
  }
}

/** Dirty targets that are named in the first line. */
const MAX_NAMED = 3;

function howItEnded({ verdict, targets, dirty }: EndedInEnvironment): string {
  if (verdict === 'broken') {
    const more = dirty.length > MAX_NAMED ? ` and ${dirty.length - MAX_NAMED} more` : '';
    return `broken, between two commits: ${dirty.slice(0, MAX_NAMED).join(', ')}${more}`;
  }
  if (verdict !== 'rolled-back') return verdict;
  const commits = new Set(
    targets.flatMap(({ outcome, rollback }) =>
      outcome === 'rolled-back' && rollback?.to ? [short(rollback.to.commit)] : [],
    ),
  );
  return commits.size === 1 ? `rolled back to ${[...commits].join()}` : 'rolled back';
}

/** What must be known of the entry's tree where it is not simply what was brought. */
function treeOf({ environment, deployed, ...entry }: EndedInEnvironment): string[] {
  if (entry.isEmpty) return [`Nothing is deployed in ${environment} any more; the tree is what was.`];
  if (deployed === undefined) {
    const { commit } = entry.release;
    return [`${environment} has not succeeded with any commit yet; the tree is that of ${short(commit)}.`];
  }
  return entry.verdict === 'succeeded' && COMMIT_OPERATIONS.includes(entry.operation)
    ? []
    : [`The tree is that of ${short(deployed)}, the last commit ${environment} succeeded with.`];
}

/** The release an entry is of, and the lease it was made under: there are no two of both. Undefined when the message is not one of an entry. */
export function nameIn(message: string): { readonly release: string; readonly lease: number } | undefined {
  const trailers = message.slice(message.lastIndexOf('\n\n'));
  const [, release] = /^Belay-Release: (\S+)$/m.exec(trailers) ?? [];
  const [, lease] = /^Belay-Lease: (\d+)$/m.exec(trailers) ?? [];
  return release === undefined || lease === undefined ? undefined : { release, lease: Number(lease) };
}

/** `3 targets: 2 applied, 1 failed` */
export function tallyOf(targets: readonly OutcomeItem[]): string {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const outcome = outcomeOf(target);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const told = [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
  return `${targets.length} ${targets.length === 1 ? 'target' : 'targets'}: ${told}`;
}

const short = (commit: string) => commit.slice(0, 7);

/** `settle` has given every target an outcome before. */
const outcomeOf = ({ outcome = 'failed' }: OutcomeItem) => outcome;

function endOf(target: OutcomeItem, dirty: ReadonlySet<string>): string {
  const { component, rollback } = target;
  const outcome = outcomeOf(target);
  const to = outcome === 'rolled-back' && rollback?.to ? ` to ${short(rollback.to.commit)}` : '';
  return `${outcome}${to}${dirty.has(component) ? ', between two commits' : ''}`;
}

const digestsOf = ({ component, planDigest, changeDigest }: OutcomeItem) =>
  [
    ['Plan', planDigest],
    ['Change', changeDigest],
  ].flatMap(([name, digest]) =>
    name === undefined || digest === undefined ? [] : [[name, `${component} ${digest}`] as const],
  );

/** A line break would begin a trailer of its own. */
const onOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
