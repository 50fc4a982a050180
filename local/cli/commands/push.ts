/** `push`: the HEAD of a git repository through the pipeline, shown while it runs; called by `local/cli.ts` and the demo. */
import { releaseCost } from '../../../core/cost/release-cost.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { type DeliveryItem, deliveryItemSchema } from '../../../core/ledger/release-items.ts';
import type { PushCommand } from '../command.ts';
import { workingCopy } from '../git.ts';
import { executionsOf, readJobTimes, readRecords } from '../release-records.ts';
import { type ReleaseRecords, type ReleaseView, viewOf } from '../release-view.ts';
import { costReport, exitCodeFor, type ReleaseReport, reportOf } from '../report.ts';
import type { Screen } from '../screen.ts';
import { table } from '../table.ts';
import type { OpenTwin, PushReceipt, Twin } from '../twin.ts';
import { type Watching, watch } from '../watch.ts';

/** What the process says and ends with. */
export interface Ending {
  readonly exitCode: number;
  /** For `--json`. */
  readonly result: object;
  /** For people, after what the screen has shown. */
  readonly lines: readonly string[];
}

/** @throws BadInput when `repo` is not the root of a git repository with a commit. */
export async function push(
  command: PushCommand,
  { openTwin, screen }: { readonly openTwin: OpenTwin; readonly screen: Screen | undefined },
): Promise<Ending> {
  const { directory, isDirty } = await workingCopy(command.repo);
  const twin = await openTwin(command);
  try {
    const until = command.wait ? 'settled' : 'resting';
    const { ref, stateOption } = command;
    const { report } = await pushWith(twin, { directory, ref, screen, stateOption, until });
    const lines = linesAfter(report, command.stateOption);
    if (isDirty) lines.push('note: changes that are not committed were not pushed');
    return { exitCode: exitCodeFor(report.verdict), result: report, lines };
  } finally {
    await twin.close();
  }
}

/** One push with an open twin, until nothing is under way any more. */
export async function pushWith(
  twin: Twin,
  order: {
    readonly directory: string;
    readonly ref?: string | undefined;
  } & Watching,
): Promise<{ report: ReleaseReport; view: ReleaseView | undefined }> {
  const { directory, ref, ...watching } = order;
  return followRequest(twin, await twin.push({ directory, ref }), watching);
}

/** Shows the release of a push, or of what was asked for otherwise, until nothing of it is under way any more. */
export async function followRequest(
  twin: Twin,
  receipt: PushReceipt,
  watching: Watching,
): Promise<{ report: ReleaseReport; view: ReleaseView | undefined }> {
  await watch(twin, { view: async () => (await recordsOf(twin, receipt))?.view, ...watching });
  return reportOnPush(twin, receipt);
}

/** Which release of which repository. */
interface ReleaseName {
  readonly repository: number;
  readonly release: string;
}

/** Shows a release until everything has settled, or rests. */
export async function watchRelease(twin: Twin, name: ReleaseName, watching: Watching): Promise<void> {
  await watch(twin, { view: async () => (await viewNamed(twin, name))?.view, ...watching });
}

/** What a release came to. Asked for when nothing of it is under way any more. @throws Error when there is none. */
export async function reportOnRelease(twin: Twin, name: ReleaseName): Promise<ReleaseReport> {
  const found = await viewNamed(twin, name);
  if (found === undefined) throw new Error(`there is no release ${name.release} any more`);
  return reportOnFound(twin, found);
}

/** What the push came to. Asked for when nothing of it is under way any more. */
export async function reportOnPush(
  twin: Twin,
  receipt: PushReceipt,
): Promise<{ report: ReleaseReport; view: ReleaseView | undefined }> {
  const found = await recordsOf(twin, receipt);
  if (found === undefined) {
    const shown = await shownOn(twin, receipt);
    const end = await endWithoutRelease(twin, receipt);
    return { report: { ...end, environments: [], ...shown, cost: null, executions: [] }, view: undefined };
  }
  return { report: await reportOnFound(twin, found), view: found.view };
}

interface Found {
  readonly records: ReleaseRecords;
  readonly view: ReleaseView;
}

/** How a release stands, without a guess at how it will end. */
export async function reportNow(twin: Twin, { records, view }: Found): Promise<ReleaseReport> {
  const repository = records.release.repository.id;
  const shown = await shownOn(twin, { repository, commit: view.commit });
  const jobs = await readJobTimes(twin, records);
  const cost = jobs.length === 0 ? null : costReport(releaseCost({ ...records, jobs }));
  return reportOf(view, { ...shown, cost, executions: await executionsOf(twin, records) });
}

async function shownOn(twin: Twin, { repository, commit: sha }: Pick<PushReceipt, 'repository' | 'commit'>) {
  const statuses = await twin.statuses({ repository, sha });
  const pages = await twin.checks({ repository, sha });
  return { statuses, checks: pages.map(({ name, state, title }) => ({ name, state, title })) };
}

async function reportOnFound(twin: Twin, { records, view }: Found): Promise<ReleaseReport> {
  const report = await reportNow(twin, { records, view });
  // Nothing moves any more: a release without a verdict waits for a person, or was broken off.
  const isRunning = report.executions[0]?.status === 'RUNNING';
  return { ...report, verdict: report.verdict ?? (isRunning ? 'waiting' : 'failed') };
}

/** A push that asks nothing of Belay says why. One that came to nothing without a word was lost on its way. */
async function endWithoutRelease(twin: Twin, receipt: PushReceipt) {
  const reason = (await deliveryOf(twin, receipt))?.reason;
  return {
    release: null,
    commit: receipt.commit,
    verdict: reason === undefined ? ('failed' as const) : ('nothing-to-do' as const),
    reason: reason ?? 'the push was delivered, but no release came of it; push again',
  };
}

async function deliveryOf(twin: Twin, { delivery }: PushReceipt): Promise<DeliveryItem | undefined> {
  const key = ledgerKeys.delivery(delivery);
  const [item] = await twin.query(key.pk, key.sk);
  return item === undefined ? undefined : deliveryItemSchema.parse(item);
}

async function recordsOf(twin: Twin, receipt: PushReceipt): Promise<Found | undefined> {
  const release = (await deliveryOf(twin, receipt))?.release;
  return release === undefined ? undefined : viewNamed(twin, { repository: receipt.repository, release });
}

async function viewNamed(twin: Twin, name: ReleaseName): Promise<Found | undefined> {
  const records = await readRecords(twin, name);
  return records === undefined ? undefined : { records, view: viewOf(records) };
}

/** What the screen does not show: why, and where to look. */
export function linesAfter(report: ReleaseReport, stateOption: string): string[] {
  const { verdict, reason, release } = report;
  // Every problem of a refused manifest stands on a line of its own, ready to be clicked.
  if (verdict === 'refused') return reason.split('\n');
  const lines = verdict === 'nothing-to-do' ? [`nothing to do: ${reason}`] : release === null ? [reason] : [];
  const broken = report.environments
    .flatMap(({ targets }) => targets)
    .filter(
      ({ outcome }) => outcome !== null && ['failed', 'rolled-back', 'rollback-failed'].includes(outcome),
    );
  const orphans = report.environments.flatMap(({ orphans }) => orphans);
  return [
    ...lines,
    ...orphans.map((target) => orphanLine(target, stateOption)),
    ...broken.map(
      ({ target }) => `see: npm run local -- log --release ${release} --target ${target}${stateOption}`,
    ),
  ];
}

/** What the commit shows on GitHub. */
export const checkLines = ({ checks }: Pick<ReleaseReport, 'checks'>): string[] =>
  table(checks.map(({ name, state, title }) => [name, state, title]));

/** What becomes of a component that left the manifest is up to people. */
export function orphanLine(target: string, stateOption: string): string {
  const [environment, component] = target.split('/');
  return `orphaned: ${target}; to destroy it: npm run local -- destroy --env ${environment} --target ${component}${stateOption}`;
}
