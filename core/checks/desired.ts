/** What each check of a release must say, from the ledger alone: called by `git-status`, which adds plans and annotations. */

import { releaseCost } from '../cost/release-cost.ts';
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import { documentDigest } from '../plan/canonical.ts';
import {
  countsOf,
  delayOf,
  environmentWording,
  pastWording,
  releaseWording,
  targetWording,
} from '../status-words.ts';
import type { ReleaseRecord } from '../statuses.ts';
import { askingButtons, REDRIVE } from './buttons.ts';
import { checkId } from './check-id.ts';
import type { CheckRun } from './check-run.ts';
import { type CheckState, PAST, stateOfEnvironment, stateOfRelease, stateOfTarget } from './conclusion.ts';
import { costTable } from './cost-table.ts';
import { type Piece, piecesOf, RELEASE_NAME, type Shown } from './layout.ts';
import { code, cutTo, elapsed, plain, shortened, table } from './markdown.ts';
import { mergeGroupParts, unreviewedOf } from './merge-group.ts';
import { namesOf } from './plan-text.ts';
import { targetTable } from './target-table.ts';

/** Longest title. Characters; GitHub documents none, and shows one line. */
const MAX_TITLE = 255;

/** What a summary begins with, and each problem of a manifest. Characters. */
const MAX_LEAD = 1000;
/** All problems of a manifest together. Bytes. */
const MAX_PROBLEMS = 40_000;

/** A check without what only artifacts can tell. */
export interface DesiredCheck {
  readonly run: CheckRun;
  /** One target of each different plan that is to be shown, with the names of all that have it. */
  readonly plans: readonly { readonly targets: readonly string[]; readonly of: OutcomeItem }[];
  /** Targets whose results hold problems, or removals somebody is asked about: those become annotations. */
  readonly annotated: readonly OutcomeItem[];
  /** A manifest's problems, one a line; empty without any. */
  readonly manifestProblems: string;
  /** Changes whenever the check has something else to say. */
  readonly digest: string;
}

/** All checks of a release, its own last. */
export function desiredChecks(record: ReleaseRecord, shown: Shown): DesiredCheck[] {
  return piecesOf(record.release, record.outcomes, shown).map((piece) => {
    const check = checkOf(piece, record);
    const plans = check.plans.map(({ targets, of }) => [targets, of.planDigest]);
    const annotated = check.annotated.map(({ component, planDigest, reason }) => [
      component,
      planDigest,
      reason,
    ]);
    return { ...check, digest: documentDigest({ run: check.run, plans, annotated }) };
  });
}

type Undigested = Omit<DesiredCheck, 'digest'>;

function checkOf(piece: Piece, record: ReleaseRecord): Undigested {
  const check = plainCheck(piece, record);
  const { id, notice } = record.release;
  const isHere = notice !== undefined && check.run.external_id === checkId({ release: id, place: notice.on });
  if (!isHere) return check;
  const { output } = check.run;
  const summary = `> ${plain(shortened(notice.text, MAX_LEAD))}\n\n${output.summary}`;
  return { ...check, run: { ...check.run, output: { ...output, summary } } };
}

function plainCheck(piece: Piece, record: ReleaseRecord): Undigested {
  if (piece.kind === 'target') return targetCheck(piece, record);
  if (piece.kind === 'past') return pastCheck(piece.name, record);
  return piece.kind === 'environment' ? environmentCheck(piece, record) : releaseCheck(piece.name, record);
}

function targetCheck(
  { name, target }: Extract<Piece, { kind: 'target' }>,
  record: ReleaseRecord,
): Undigested {
  const { environment, component, outcome, startedAt, endedAt, changes } = target;
  const { operation } = record.release;
  const state = stateOfTarget(target, operation);
  const isAsking = state.conclusion === 'action_required';
  const position = outcome === undefined && target.progress === 'waiting' ? queueOf(record, environment) : '';
  const rows = [
    ...releaseRows(record),
    ['change', plain(countsOf(changes))],
    ['waits', plain(position)],
    ['took', startedAt !== undefined && endedAt !== undefined ? elapsed(startedAt, endedAt) : ''],
    ['same change', sameChange(target, record.outcomes)],
  ];
  const text = targetWording(target, operation).text;
  return {
    run: {
      ...headOf(name, checkId({ release: record.release.id, place: `${environment}/${component}` }), state),
      ...timesOf(startedAt, outcome === undefined ? undefined : endedAt),
      output: { title: shortened(text, MAX_TITLE), summary: `${leadOf(text)}\n\n${factsTable(rows)}` },
      actions: isAsking ? askingButtons([target]) : redriveOf(record, state),
    },
    plans: target.planDigest === undefined ? [] : [{ targets: [`${environment}/${component}`], of: target }],
    annotated: isAsking || outcome === 'failed' ? [target] : [],
    manifestProblems: '',
  };
}

function environmentCheck(
  { name, environment, targets }: Extract<Piece, { kind: 'environment' }>,
  record: ReleaseRecord,
): Undigested {
  const deployment = record.deployments.find((one) => one.environment === environment);
  const state = stateOfEnvironment(deployment?.verdict, targets);
  const asking = targets.filter(({ progress, outcome }) => outcome === undefined && progress === 'approving');
  const isEnd = deployment?.verdict !== undefined;
  const text = environmentWording(deployment, targets).text;
  // Until something is to be read or answered, the count says enough: the table would change with every target.
  const shown = isEnd ? targets : asking;
  const parts = [leadOf(text), factsTable(releaseRows(record)), targetTable(shown)];
  return {
    run: {
      ...headOf(name, checkId({ release: record.release.id, place: environment }), state),
      output: {
        title: shortened(text, MAX_TITLE),
        summary: parts.filter((part) => part !== '').join('\n\n'),
      },
      actions: asking.length > 0 && !isEnd ? askingButtons(asking) : redriveOf(record, state),
    },
    plans: plansOf(shown),
    annotated: shown.filter(({ outcome }) => outcome === undefined || outcome === 'failed'),
    manifestProblems: '',
  };
}

function pastCheck(name: string, record: ReleaseRecord): Undigested {
  const place = name.slice(`${RELEASE_NAME}/`.length);
  const { text } = pastWording(record.release);
  return {
    run: {
      ...headOf(name, checkId({ release: record.release.id, place }), PAST),
      output: { title: text, summary: `${leadOf(text)}\n\n${factsTable(releaseRows(record))}` },
      actions: [],
    },
    ...{ plans: [], annotated: [], manifestProblems: '' },
  };
}

function releaseCheck(name: string, record: ReleaseRecord): Undigested {
  const { release, outcomes, delay } = record;
  const state = stateOfRelease(release.verdict);
  const text = releaseWording(record).text;
  const affected = outcomes.filter((target) => target.affected !== 'unaffected');
  const isEnd = release.verdict !== undefined;
  const rows = [
    ...releaseRows(record),
    ['took', release.endedAt === undefined ? '' : elapsed(release.startedAt, release.endedAt)],
    ['note', plain(shortened(release.note ?? '', MAX_LEAD))],
    ['delayed', delayOf(delay)],
  ];
  const problems = release.verdict === 'refused' ? release.reason : '';
  const listed =
    problems === '' ? [] : problems.split('\n').map((problem) => `- ${plain(shortened(problem, MAX_LEAD))}`);
  const parts = [
    leadOf(text),
    factsTable(rows),
    cutTo(listed, MAX_PROBLEMS, (left) => `\n_…and ${left} more problems_`),
    mergeGroupParts(release),
    isEnd ? targetTable(affected) : '',
    costOf(record),
    togetherOf(affected),
  ];
  return {
    run: {
      ...headOf(name, release.id, state),
      ...timesOf(release.startedAt, isEnd ? release.endedAt : undefined),
      output: {
        title: shortened(text, MAX_TITLE),
        summary: parts.filter((part) => part !== '').join('\n\n'),
      },
      actions: redriveOf(record, state),
    },
    plans: plansOf(unreviewedOf(record)),
    annotated: [],
    manifestProblems: problems,
  };
}

/** Nothing, where nothing was begun. */
function costOf(record: ReleaseRecord): string {
  const { deployments, outcomes, jobs } = record;
  return jobs === undefined || jobs.length === 0
    ? ''
    : costTable(releaseCost({ deployments, outcomes, jobs }));
}

const leadOf = (text: string) => plain(shortened(text, MAX_LEAD));

const headOf = (name: string, external_id: string, state: CheckState) => ({ name, external_id, ...state });

/** GitHub shows the time from start to now, or to the end, by itself. */
const timesOf = (started_at: string | undefined, completed_at: string | undefined) => ({
  ...(started_at !== undefined && { started_at }),
  ...(completed_at !== undefined && { completed_at }),
});

const releaseRows = ({ release }: ReleaseRecord) => [
  ['release', code(release.id)],
  ['commit', `${code(release.commit.slice(0, 7))} on ${code(release.branch)} by ${code(release.sender)}`],
];

/** Rows without a value are left out. */
const factsTable = (rows: readonly (readonly string[])[]) =>
  table(
    ['', ''],
    rows.filter(([, value]) => value !== ''),
  );

/** What a deployment that has not begun says of itself: `waiting for the lease: 2nd in the queue`. */
function queueOf({ deployments }: ReleaseRecord, environment: string): string {
  const found: DeploymentItem | undefined = deployments.find((one) => one.environment === environment);
  return found?.progress.startsWith('waiting') ? found.progress : '';
}

const STOPPED = ['failure', 'timed_out', 'cancelled', 'skipped'];

/** A release that has ended can go on; one that runs will go on by itself, and a plan is made anew. */
const redriveOf = ({ release }: ReleaseRecord, { conclusion = 'success' }: CheckState) =>
  release.verdict === 'failed' && release.operation !== 'plan' && STOPPED.includes(conclusion) ? REDRIVE : [];

const nameOf = ({ environment, component }: OutcomeItem) => `${environment}/${component}`;

/** Targets by their change, the first of each with all that have the same. */
function plansOf(targets: readonly OutcomeItem[]): DesiredCheck['plans'] {
  const groups = new Map<string, OutcomeItem[]>();
  for (const target of targets) {
    const { changeDigest, planDigest } = target;
    if (changeDigest === undefined || planDigest === undefined) continue;
    groups.set(changeDigest, [...(groups.get(changeDigest) ?? []), target]);
  }
  return [...groups.values()].flatMap((group) => {
    const [of] = group;
    return of === undefined ? [] : [{ targets: group.map(nameOf), of }];
  });
}

function sameChange(target: OutcomeItem, outcomes: readonly OutcomeItem[]): string {
  const { changeDigest } = target;
  const others = outcomes.filter((one) => one !== target && one.changeDigest === changeDigest);
  return changeDigest === undefined || others.length === 0 ? '' : `as ${namesOf(others.map(nameOf))}`;
}

/** Changes that several targets have together, once they all are planned. */
function togetherOf(targets: readonly OutcomeItem[]): string {
  const isPlanned = targets.every(
    ({ outcome, planDigest }) => outcome !== undefined || planDigest !== undefined,
  );
  const groups = isPlanned ? plansOf(targets).filter(({ targets: names }) => names.length > 1) : [];
  const lines = groups.map(({ targets: names, of }) => `- ${namesOf(names)}: ${plain(countsOf(of.changes))}`);
  return lines.length === 0 ? '' : `The same change in several targets:\n\n${lines.join('\n')}`;
}
