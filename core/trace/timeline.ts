/** Where a release's time went: a row for it, for every environment and every target, and the critical path through them. */
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { Pass } from '../words.ts';
import { type CriticalStep, criticalPath } from './critical-path.ts';
import type { ReleaseFacts, TargetFacts } from './facts.ts';
import { jobSpans, type SpanKind } from './job-spans.ts';
import { readTraceHeader } from './trace-header.ts';

/** Times in milliseconds since 1970. */
export interface TimeSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly from: number;
  readonly to: number;
}

export interface TimelineRow {
  /** `release`, `dev`, `dev/app`, `dev/app rollback`. */
  readonly name: string;
  /** What it came to; empty while it runs. */
  readonly end: string;
  /** Oldest first; those of a job lie side by side with nothing else. */
  readonly spans: readonly TimeSpan[];
}

export interface Timeline {
  readonly release: string;
  /** Its trace's id. */
  readonly trace: string | undefined;
  readonly verdict: string;
  readonly from: number;
  readonly to: number;
  readonly rows: readonly TimelineRow[];
  /** Without what runs beside it: had any of it been shorter, the release would have been. */
  readonly path: readonly CriticalStep[];
}

/** `now` ends what has not ended. */
export function timelineOf(facts: ReleaseFacts, now: Date): Timeline {
  const { release } = facts;
  const trace = release.trace === undefined ? undefined : readTraceHeader(release.trace)?.root;
  const to = release.endedAt === undefined ? now.getTime() : Date.parse(release.endedAt);
  const environments = facts.deployments
    .filter(({ askedAt }) => askedAt !== undefined)
    .map((deployment) => environmentPart(deployment, facts, to))
    .sort((one, other) => one.from - other.from);
  const first = environments[0]?.from ?? to;
  const began = Date.parse(release.startedAt);
  const own: TimelineRow = {
    name: 'release',
    end: release.verdict ?? '',
    spans: present([{ name: 'resolve', kind: 'work', from: began, to: first }]),
  };
  return {
    release: release.id,
    trace,
    verdict: release.verdict ?? '',
    from: began,
    to,
    rows: [own, ...environments.flatMap(({ row, targets }) => [row, ...targets.map((one) => one.row)])],
    path: criticalPath(own, environments, { to, together: release.operation === 'plan' }),
  };
}

/** An environment's deployment, and what is in it. */
export interface EnvironmentPart {
  readonly row: TimelineRow;
  readonly from: number;
  /** When its targets might begin. */
  readonly opened: number;
  readonly to: number;
  readonly targets: readonly TargetPart[];
}

export interface TargetPart {
  readonly row: TimelineRow;
  readonly component: string;
  readonly pass: Pass;
  readonly related: ReadonlySet<string>;
  /** When its turn came. */
  readonly from: number;
  readonly to: number;
}

function environmentPart(deployment: DeploymentItem, facts: ReleaseFacts, now: number): EnvironmentPart {
  const { environment, askedAt = '', openedAt, endedAt, verdict } = deployment;
  const from = Date.parse(askedAt);
  const to = endedAt === undefined ? now : Date.parse(endedAt);
  const opened = openedAt === undefined ? to : Date.parse(openedAt);
  const targets = facts.targets
    .filter(({ outcome }) => outcome.environment === environment && isWithin(outcome, from))
    .map((target) => targetPart(target, { opened, now: to }));
  const last = Math.max(opened, ...targets.map((target) => target.to));
  return {
    ...{ from, opened, to, targets },
    row: {
      name: environment,
      end: verdict ?? '',
      spans: present([
        { name: 'lease', kind: 'wait', from, to: opened },
        { name: 'settle', kind: 'work', from: last, to },
      ]),
    },
  };
}

/** What an attempt before this one has ended is past. */
const isWithin = ({ endedAt }: TargetFacts['outcome'], from: number) =>
  endedAt === undefined || Date.parse(endedAt) >= from;

const PASS_WORDS: Readonly<Record<Pass, string>> = {
  deploy: '',
  reverse: ' rollback',
  forward: ' verification',
};

function targetPart(
  { outcome, pass, jobs, approval, related }: TargetFacts,
  { opened, now }: { readonly opened: number; readonly now: number },
): TargetPart {
  const { environment, component, startedAt = '', endedAt } = outcome;
  const from = Date.parse(startedAt);
  const to = endedAt === undefined ? now : Date.parse(endedAt);
  const known: TimeSpan[] = jobs.flatMap((job) =>
    jobSpans(job).map(({ name, kind, ...times }) => ({
      name: name === job.stage ? name : `${job.stage}: ${name}`,
      kind,
      from: times.startedAt.getTime(),
      to: times.endedAt.getTime(),
    })),
  );
  if (approval !== undefined) {
    const answered = approval.answer === undefined ? to : Date.parse(approval.answer.at);
    known.push({ name: 'approval', kind: 'wait', from: Date.parse(approval.requestedAt), to: answered });
  }
  const here = known.filter((span) => span.to >= from && span.from <= to);
  return {
    ...{ component, pass, related, from, to },
    row: {
      name: `${environment}/${component}${PASS_WORDS[pass]}`,
      end: outcome.outcome ?? '',
      spans: present([
        ...(pass === 'deploy' ? [{ name: 'turn', kind: 'wait' as const, from: opened, to: from }] : []),
        ...withoutGaps(here, { from, to }),
      ]),
    },
  };
}

/** What no job and no person accounts for is Belay's own: its states, its functions, the start of a job's steps. */
function withoutGaps(spans: readonly TimeSpan[], { from, to }: Pick<TimeSpan, 'from' | 'to'>): TimeSpan[] {
  const sorted = [...spans].sort((one, other) => one.from - other.from);
  const filled: TimeSpan[] = [];
  let at = from;
  for (const span of [...sorted, { name: '', kind: 'work' as const, from: to, to }]) {
    if (span.from > at) filled.push({ name: 'belay', kind: 'work', from: at, to: span.from });
    if (span.name !== '')
      filled.push({ ...span, from: Math.max(span.from, from), to: Math.min(span.to, to) });
    at = Math.max(at, span.to);
  }
  return filled;
}

/** What has no length is nothing to be seen. */
const present = (spans: readonly TimeSpan[]) => spans.filter(({ from, to }) => to > from);
