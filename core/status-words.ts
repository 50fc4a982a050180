/** The wording of statuses and of checks' titles, one place for all of it: called by `statuses.ts` and `checks/desired.ts`. */
import type { ChangeCounts } from './contracts/job.ts';
import { describeOrphans } from './deployment/orphans.ts';
import { isGood, ROLLING_BACK } from './deployment/verdict.ts';
import type { DeploymentItem, ReleaseItem } from './ledger/release-items.ts';
import type { OutcomeItem } from './ledger/work-items.ts';
import { describeGroup } from './merge-group.ts';
import type { Operation, Outcome, ReleaseVerdict } from './words.ts';

/** What GitHub takes: https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
export type StatusState = 'error' | 'failure' | 'pending' | 'success';

/** A state and its one-line description, not yet cut to length. */
export interface Wording {
  readonly state: StatusState;
  readonly text: string;
}

const WORDS_OF_PROGRESS: Readonly<Record<OutcomeItem['progress'], string>> = {
  waiting: 'waiting for its turn',
  building: 'building its image',
  planning: 'planning',
  checking: 'checking the plan',
  approving: 'waiting for approval',
  applying: 'applying',
  testing: 'testing',
  ended: 'ending',
};

/** A target's status: `applying: 2 to add`, `applied: 2 to add, 1 to change`, `failed: plan failed: …`. */
export function targetWording(
  { progress, outcome, reason, changes, destroys, asks }: OutcomeItem,
  operation?: Operation,
): Wording {
  if (outcome === undefined) {
    const counts = progress === 'applying' ? countsOf(changes) : '';
    const detail = progress === 'approving' ? reason : counts;
    const doing = progress === 'applying' && destroys ? 'destroying' : WORDS_OF_PROGRESS[progress];
    return { state: 'pending', text: withDetail(doing, detail) };
  }
  const state = isGood(outcome, operation) ? 'success' : 'failure';
  // `rolled back to 1a2b3c4 after: …`
  if (outcome === 'rolled-back') return { state, text: reason };
  if (outcome === 'planned') {
    const told = [countsOf(changes), reason, asks && `a person will be asked: ${asks}`];
    return { state, text: withDetail(outcome, told.filter(Boolean).join('; ')) };
  }
  const changed = outcome === 'applied' || outcome === 'destroyed' ? countsOf(changes) : '';
  return { state, text: withDetail(outcome, changed || reason) };
}

/** `2 to add, 1 to change`; empty when nothing is counted. */
export function countsOf(changes: ChangeCounts | undefined): string {
  if (changes === undefined) return '';
  const { add, change, destroy, replace, outputs } = changes;
  const parts = [
    counted(add, 'to add'),
    counted(change, 'to change'),
    counted(replace, 'to replace'),
    counted(destroy, 'to destroy'),
    counted(changes.import, 'to import'),
    counted(changes.move, 'to move'),
    counted(outputs, outputs === 1 ? 'output to change' : 'outputs to change'),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What an earlier release of the commit began and the newest, which has ended, has no part in. */
export const pastWording = ({ id }: ReleaseItem): Wording => ({
  state: 'failure',
  text: `cancelled: not part of release ${id}, the newest of this commit`,
});

const STATE_OF_VERDICT: Readonly<Record<ReleaseVerdict, StatusState>> = {
  succeeded: 'success',
  'nothing-to-do': 'success',
  waiting: 'pending',
  failed: 'failure',
  refused: 'failure',
  superseded: 'failure',
  cancelled: 'failure',
};

/** Shorter delays are not worth a word. Minutes. */
const MIN_DELAY = 5;

/** The release's own: of one that was asked for by command, with what it is and who asked in front. */
export function releaseWording(record: ReleaseWords): Wording {
  const { state, text } = plainWording(record);
  const asked = askedOf(record.release);
  const delayed = delayOf(record.delay);
  return { state, text: `${delayed === '' ? '' : `(${delayed}) `}${asked}${text}` };
}

function askedOf({ operation = 'apply', because, sender, pull, mergeGroup }: ReleaseItem): string {
  if (operation === 'apply') return '';
  if (pull !== undefined) return `plan of #${pull.number}: `;
  if (mergeGroup !== undefined) return `plan of ${describeGroup(mergeGroup)}: `;
  const what = operation === 'restore' ? 'rollback to last good' : operation;
  return `${what} (${because ?? `asked for by ${sender}`}): `;
}

/** What the release's own wording is made of; `outcomes` are all targets requested so far, the unaffected included. */
interface ReleaseWords {
  readonly release: ReleaseItem;
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
  readonly delay?: { readonly since: string; readonly until: string } | undefined;
}

/** `delayed: GitHub could not be told for 62 minutes`; empty when it could. */
export function delayOf(delay: ReleaseWords['delay']): string {
  if (delay === undefined) return '';
  const minutes = Math.round((Date.parse(delay.until) - Date.parse(delay.since)) / 60_000);
  return minutes < MIN_DELAY ? '' : `delayed: GitHub could not be told for ${minutes} minutes`;
}

function plainWording({ release, deployments, outcomes: targets }: ReleaseWords): Wording {
  const { verdict, reason } = release;
  if (verdict === undefined) return { state: 'pending', text: progressOf(release, deployments, targets) };
  const state = STATE_OF_VERDICT[verdict];
  if (verdict === 'nothing-to-do') return { state, text: withDetail('nothing to do', reason) };
  if (verdict === 'refused') return { state, text: `refused: ${firstLine(reason)}` };
  if (verdict === 'succeeded' || verdict === 'failed') {
    const tally = [
      ...describeUnreviewed(release.unreviewed),
      ...rollbacksOf(deployments),
      tallyOf(targets),
    ].filter((part) => part !== '');
    if (tally.length > 0) return { state, text: [...tally, ...describeOrphans(deployments)].join('; ') };
  }
  return { state, text: withDetail(verdict, reason) };
}

/** More than so many names say no more than their number. */
const NAMED = 3;

/** `dev/app would change as nobody has reviewed`; nothing where everything was. */
export function describeUnreviewed(unreviewed: ReleaseItem['unreviewed'] = []): string[] {
  if (unreviewed.length === 0) return [];
  const names = unreviewed.map(({ environment, component }) => `${environment}/${component}`);
  const told = names.length > NAMED ? targetCount(names.length) : names.join(', ');
  return [`${told} would change as nobody has reviewed`];
}

/** `dev is back at 1a2b3c4`, `dev is broken (dirty: database)`. */
function rollbacksOf(deployments: readonly DeploymentItem[]): string[] {
  return deployments.flatMap(({ environment, verdict, reason }) => {
    if (verdict === 'broken') return [`${environment} is broken (${reason})`];
    return verdict === 'rolled-back' ? [`${environment} is ${reason}`] : [];
  });
}

/** `3 of 8 targets done`, or what the deployment waits for; with its name in front where there are several environments. */
function progressOf(
  { environments, reason }: ReleaseItem,
  deployments: readonly DeploymentItem[],
  targets: readonly OutcomeItem[],
): string {
  const current = deployments
    .filter(({ verdict }) => verdict === undefined)
    .sort((a, b) => environments.indexOf(a.environment) - environments.indexOf(b.environment))
    .at(0);
  if (current === undefined) return deployments.length === 0 ? reason : 'between two environments';
  const affected = targets.filter(
    (target) => target.environment === current.environment && target.affected !== 'unaffected',
  );
  const done = affected.filter(({ outcome }) => outcome !== undefined).length;
  const isCounted = affected.length > 0 && current.progress !== ROLLING_BACK;
  const text = isCounted ? doneOf(done, affected.length) : current.progress;
  return environments.length > 1 ? `${current.environment}: ${text}` : text;
}

/** An environment's own, where its targets have none. `targets` are the affected ones. */
export function environmentWording(
  deployment: DeploymentItem | undefined,
  targets: readonly OutcomeItem[],
): Wording {
  const { verdict, progress = 'waiting', reason = '' } = deployment ?? {};
  if (verdict !== undefined) {
    const state = verdict === 'succeeded' ? 'success' : verdict === 'waiting' ? 'pending' : 'failure';
    const tally = tallyOf(targets);
    return { state, text: withDetail(verdict, verdict === 'succeeded' ? tally : reason || tally) };
  }
  const open = targets.filter(({ outcome }) => outcome === undefined);
  const asking = open.filter((target) => target.progress === 'approving').length;
  const text = progress === ROLLING_BACK ? progress : doneOf(targets.length - open.length, targets.length);
  return {
    state: 'pending',
    text: asking === 0 ? text : `${text}, ${targetCount(asking)} waiting for approval`,
  };
}

/** More targets than this are counted in steps, so that GitHub is called a bounded number of times however many there are. */
const COUNTED_SINGLY = 25;
const STEP_PERCENT = 5;

/** `3 of 8 targets done`, `35 % of 300 targets done`. */
function doneOf(done: number, all: number): string {
  if (all <= COUNTED_SINGLY) return `${done} of ${targetCount(all)} done`;
  return `${Math.floor((done / all) * (100 / STEP_PERCENT)) * STEP_PERCENT} % of ${targetCount(all)} done`;
}

/** Good ones first, as people read them. */
const TALLY_ORDER: readonly Outcome[] = [
  'applied',
  'destroyed',
  'planned',
  'unchanged',
  'failed',
  'rolled-back',
  'rollback-failed',
  'rejected',
  'superseded',
  'cancelled',
  'skipped',
];

/** `8 targets: 5 applied, 3 unchanged`; empty when no target has an outcome. */
function tallyOf(targets: readonly OutcomeItem[]): string {
  const parts = TALLY_ORDER.map((outcome) =>
    counted(targets.filter((target) => target.outcome === outcome).length, outcome),
  ).filter((part) => part !== '');
  return parts.length === 0 ? '' : `${targetCount(targets.length)}: ${parts.join(', ')}`;
}

const counted = (count: number, what: string) => (count === 0 ? '' : `${count} ${what}`);

const targetCount = (count: number) => (count === 1 ? '1 target' : `${count} targets`);

const withDetail = (text: string, detail: string) => (detail === '' ? text : `${text}: ${detail}`);

/** Of several problems the first, and how many more there are. */
function firstLine(reason: string): string {
  const [first = '', ...more] = reason.split('\n');
  return more.length === 0 ? first : `(1 of ${more.length + 1} problems) ${first}`;
}
