/** What a release has cost, target by target, from what its jobs said of their time and from counts of what every step does. */
import type { DeploymentItem } from '../ledger/release-items.ts';
import type { JobTimesItem, OutcomeItem } from '../ledger/work-items.ts';
import type { Stage } from '../words.ts';
import { type CostLine, costLine, totalOf } from './line.ts';

/** Fargate asks for a minute at least: https://aws.amazon.com/fargate/pricing/ */
const SHORTEST_SECONDS = 60;
/** Storage that is part of every task. GiB. */
const FREE_STORAGE = 20;
/** What a job has where Fargate does not tell: the defaults of `belay.config.ts`. */
const USUAL_SIZE = { vcpu: 1, memory: 2, storage: 30 };

/** States entered, as the machines are defined (`test/e2e` compares with what they enter). */
const TRANSITIONS = {
  release: 4,
  environment: 2 + 12,
  target: 6,
  /** Of a target without a job. */
  withoutJob: 1,
  /** Of a target whose image was there, or then was. */
  image: 2,
  /** Of a build that succeeded. One that failed ends the target before as many others. */
  build: 3,
  job: { validate: 0, plan: 3, apply: 5, destroy: 5, test: 3 } as const satisfies Record<Stage, number>,
};

/**
 * What else is done, rounded up from counts in the local twin: requests by kind. A target is prepared, guarded and recorded, a job asks for its spec, is let in, gets
 * its artifacts and signs off, and each change is told to GitHub.
 */
const REQUESTS = {
  release: { invocations: 8, reads: 60, writes: 28, queue: 20, events: 2, puts: 6, gets: 6 },
  environment: { invocations: 8, reads: 60, writes: 24, queue: 16, events: 0, puts: 2, gets: 10 },
  target: { invocations: 8, reads: 60, writes: 16, queue: 20, events: 0, puts: 4, gets: 14 },
  job: { invocations: 10, reads: 40, writes: 12, queue: 8, events: 0, puts: 6, gets: 14 },
};
/** How long a function runs for one call, and with how much memory; GB-seconds. */
const INVOCATION_MEMORY = 0.5 * 0.3;

export interface TargetCost {
  /** `dev/app`. */
  readonly target: string;
  readonly lines: readonly CostLine[];
  readonly usd: number;
}

export interface ReleaseCost {
  readonly targets: readonly TargetCost[];
  /** What belongs to none of them. */
  readonly own: readonly CostLine[];
  readonly usd: number;
}

export function releaseCost({
  deployments,
  outcomes,
  jobs,
}: {
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
  readonly jobs: readonly JobTimesItem[];
}): ReleaseCost {
  const jobsOf = Map.groupBy(jobs, nameOf);
  const names = new Set([
    ...outcomes.filter(({ startedAt }) => startedAt !== undefined).map(nameOf),
    ...jobsOf.keys(),
  ]);
  const withImage = new Set(outcomes.filter(({ image }) => image !== undefined).map(nameOf));
  const targets = [...names].map((target) =>
    targetCost(target, { all: jobsOf.get(target) ?? [], hasImage: withImage.has(target) }),
  );
  const begun = deployments.filter(({ askedAt }) => askedAt !== undefined).length;
  const own = [
    costLine(
      'states of the release and its environments',
      TRANSITIONS.release + begun * TRANSITIONS.environment,
      'transition',
    ),
    ...requestLines([
      [REQUESTS.release, 1],
      [REQUESTS.environment, begun],
    ]),
  ];
  return { targets, own, usd: totalOf([...own, ...targets.flatMap(({ lines }) => lines)]) };
}

const nameOf = ({ environment, component }: { environment: string; component: string }) =>
  `${environment}/${component}`;

type Job = JobTimesItem & { readonly stage: Stage };
const isJob = (one: JobTimesItem): one is Job => one.stage !== 'build';

function targetCost(
  target: string,
  { all, hasImage }: { readonly all: readonly JobTimesItem[]; readonly hasImage: boolean },
): TargetCost {
  const jobs = all.filter(isJob);
  const builds = all.filter((one) => !isJob(one));
  const states =
    TRANSITIONS.target +
    (jobs.length === 0 ? TRANSITIONS.withoutJob : 0) +
    (hasImage ? TRANSITIONS.image : 0) +
    builds.filter(({ times }) => !times.failed).length * TRANSITIONS.build +
    jobs.reduce((sum, { stage }) => sum + TRANSITIONS.job[stage], 0);
  const lines = [
    ...fargateLines(jobs),
    ...buildLines(builds),
    costLine('states', states, 'transition'),
    ...requestLines([
      [REQUESTS.target, 1],
      [REQUESTS.job, jobs.length],
    ]),
    ...logLines(jobs),
  ];
  return { target, lines, usd: totalOf(lines) };
}

/** From the pull of the image to the end, a minute at least. */
export function billedSeconds({ preparedAt, times }: Pick<JobTimesItem, 'preparedAt' | 'times'>): number {
  const from = times.pull?.startedAt ?? preparedAt ?? times.startedAt;
  const seconds = (Date.parse(times.endedAt) - Date.parse(from)) / 1000;
  return Math.max(SHORTEST_SECONDS, Math.ceil(seconds));
}

function fargateLines(jobs: readonly JobTimesItem[]): CostLine[] {
  const groups = Map.groupBy(jobs, ({ architecture }) => architecture);
  return [...groups].flatMap(([architecture, of]) => {
    const hours = (amount: (job: JobTimesItem) => number) =>
      of.reduce((sum, job) => sum + (amount(job) * billedSeconds(job)) / 3600, 0);
    const seconds = of.reduce((sum, job) => sum + billedSeconds(job), 0);
    const size = (job: JobTimesItem) => job.times.size ?? USUAL_SIZE;
    const names = of.map(({ stage }) => stage).join(', ');
    const isArm = architecture === 'arm64';
    return [
      costLine(
        `processors of ${names} (${seconds} s billed, ${architecture})`,
        hours((job) => size(job).vcpu),
        isArm ? 'fargateArmCpu' : 'fargateX86Cpu',
      ),
      costLine(
        'their memory',
        hours((job) => size(job).memory),
        isArm ? 'fargateArmMemory' : 'fargateX86Memory',
      ),
      costLine(
        `their storage over ${FREE_STORAGE} GB`,
        hours((job) => Math.max(0, (size(job).storage ?? USUAL_SIZE.storage) - FREE_STORAGE)),
        'fargateStorage',
      ),
      costLine(
        'their public addresses',
        hours(() => 1),
        'publicAddress',
      ),
    ];
  });
}

/** CodeBuild asks for every minute begun, from the moment a build was submitted: https://aws.amazon.com/codebuild/pricing/ */
const billedMinutes = ({ times }: JobTimesItem) =>
  Math.max(1, Math.ceil((Date.parse(times.endedAt) - Date.parse(times.startedAt)) / 60_000));

function buildLines(builds: readonly JobTimesItem[]): CostLine[] {
  return [...Map.groupBy(builds, ({ architecture }) => architecture)].map(([architecture, of]) =>
    costLine(
      `builds of its image (${architecture})`,
      of.reduce((sum, build) => sum + billedMinutes(build), 0),
      architecture === 'arm64' ? 'buildArm' : 'buildX86',
    ),
  );
}

type Requests = (typeof REQUESTS)['release'];

function requestLines(counts: readonly (readonly [requests: Requests, times: number])[]): CostLine[] {
  const sum = (kind: keyof Requests) =>
    counts.reduce((total, [requests, times]) => total + requests[kind] * times, 0);
  const [puts, gets] = [sum('puts'), sum('gets')];
  return [
    costLine('functions called', sum('invocations'), 'invocation'),
    costLine('their memory', sum('invocations') * INVOCATION_MEMORY, 'functionMemory'),
    costLine('ledger read', sum('reads'), 'tableRead'),
    costLine('ledger written', sum('writes'), 'tableWrite'),
    costLine('status queue', sum('queue'), 'queueRequest'),
    costLine('bus', sum('events'), 'event'),
    costLine('artifacts stored', puts, 'bucketPut'),
    costLine('artifacts read', gets, 'bucketGet'),
    costLine('key used', puts + gets, 'keyRequest'),
  ].filter(({ amount }) => amount > 0);
}

function logLines(jobs: readonly JobTimesItem[]): CostLine[] {
  const bytes = jobs.reduce((sum, { times }) => sum + times.logBytes, 0);
  return bytes === 0 ? [] : [costLine('logs of the jobs', bytes / 1e9, 'logs')];
}
