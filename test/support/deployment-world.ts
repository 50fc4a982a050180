/**
 * A release with its documents, and everything a Deployment's functions talk to, in memory. `deploy` does what the machines do,
 * in a fixed order, with jobs that answer as a test tells them to.
 */
import { gzipSync } from 'node:zlib';
import type {
  ApprovalAnswer,
  DeploymentRef,
  LeaseGrant,
  TargetEnd,
  TargetRef,
} from '../../core/contracts/functions.ts';
import * as contracts from '../../core/contracts/functions.ts';
import type { JobResult, JobSpec } from '../../core/contracts/job.ts';
import { admit as admitContract } from '../../core/contracts/job-services.ts';
import type { MapItem, ReleaseDocument, ReleaseRef } from '../../core/contracts/release.ts';
import { releaseKey, sourceKey, stageKey, treeKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { Measurement } from '../../core/metrics/emf.ts';
import type { Pass, Stage } from '../../core/words.ts';
import { admit } from '../../lambdas/admit/admit.ts';
import { approval } from '../../lambdas/approval/approval.ts';
import { build } from '../../lambdas/build/build.ts';
import type { Ancestry, PullRequest } from '../../lambdas/github-ports.ts';
import { guard } from '../../lambdas/guard/guard.ts';
import { lease } from '../../lambdas/lease/lease.ts';
import { open } from '../../lambdas/open/open.ts';
import type { ExecutionStatus } from '../../lambdas/ports.ts';
import { prepare } from '../../lambdas/prepare/prepare.ts';
import { record } from '../../lambdas/record/record.ts';
import { rollback } from '../../lambdas/rollback/rollback.ts';
import { settle } from '../../lambdas/settle/settle.ts';
import { turn } from '../../lambdas/turn/turn.ts';
import { ledgerMemory } from './ledger-memory.ts';
import { objectsMemory } from './objects-memory.ts';
import { segmentsMemory } from './segments-memory.ts';

export const REPOSITORY = { id: 7, fullName: 'acme/shop', defaultBranch: 'main' };
export const commitOf = (digit: string) => digit.repeat(40);

/** A manifest entry with only what a test is about written out. */
export function target(component: string, more: Partial<ResolvedTarget> = {}): ResolvedTarget {
  return {
    component,
    environment: 'dev',
    path: `components/${component}`,
    tool: 'opentofu',
    arch: 'arm64',
    needs: [],
    inputs: {},
    env: {},
    variables: {},
    watch: [],
    secrets: {},
    policy: {
      approval: 'on-destroy',
      approvers: [],
      selfApproval: false,
      protect: [],
      rollback: 'connected',
    },
    ...more,
  };
}

/** What `resolve` would have stored: `tree` gives each path's git id by one digit. */
export interface ReleaseSetup {
  readonly id?: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly startedAt?: string;
  readonly operation?: ReleaseItem['operation'];
  readonly older?: boolean;
  /** Of a plan; its merge is the commit the tree is of. */
  readonly pull?: { readonly fork: boolean; readonly number?: number };
  /** Of a plan for GitHub's merge queue; its commit is the one the tree is of. */
  readonly mergeGroup?: { readonly number: number; readonly onto: string; readonly fork?: boolean };
  readonly environments: Readonly<Record<string, readonly ResolvedTarget[]>>;
  /** Component → why it cannot be planned before the merge. */
  readonly deferred?: Readonly<Record<string, string>>;
  readonly tree?: Readonly<Record<string, string>>;
  /** Seconds every environment lives. */
  readonly ttl?: number;
}

/** How the fake tool behaves for one target; by default a plan adds one resource and everything succeeds. */
export interface ToolBehaviour {
  readonly build?: 'succeeds' | 'fails' | 'pushes nothing';
  readonly plan?: 'changes' | 'empty' | 'fails' | 'deletes';
  readonly apply?: 'succeeds' | 'fails' | 'is killed' | 'is stale once' | 'is always stale';
  readonly test?: 'succeeds' | 'fails';
  readonly outputs?: Readonly<Record<string, string>>;
  readonly dependencies?: readonly string[];
  /** Addresses the plan would create. */
  readonly creates?: readonly string[];
  /** How it behaves in the passes of a rollback; by default the way back has changes, and the verification finds none. */
  readonly reverse?: ToolBehaviour;
  readonly forward?: ToolBehaviour;
  /** Digest of the plan's changes, by round; by default always the same. */
  readonly changeDigests?: readonly string[];
}

export type World = ReturnType<typeof world>;

export function world() {
  const ledger = ledgerMemory();
  const objects = objectsMemory();
  const json = (key: string): unknown => {
    const body = objects.objects.get(key);
    return body === undefined ? undefined : JSON.parse(body.toString('utf8'));
  };
  const store = { ...objects, json };
  const running = new Set<string>();
  /** How executions that do not run have ended; those not named here have failed. */
  const ends = new Map<string, ExecutionStatus>();
  const terminated: string[] = [];
  const published: object[] = [];
  /** What EventBridge Scheduler has: name → the time and what is published then. */
  const scheduled = new Map<string, { readonly at: string; readonly detail: object }>();
  const endedJobs = new Set<string>();
  /** Since when every job that has not ended runs. */
  const jobsRunSince: { at: Date | undefined } = { at: undefined };
  /** Queue → messages. */
  const deadLetters = new Map<string, number>();
  /** What was told to CloudWatch, in order: `LeaseWait 12`, `StageDuration plan 3`. */
  const measured: string[] = [];
  /** Jobs that Batch knows as submitted for something else than what they ask for. */
  const strayJobs = new Set<string>();
  /** Tokens that still can be answered, and what was sent to each. */
  const sent = new Map<string, object>();
  const answeredBefore = new Set<string>();
  const changed: string[] = [];
  /** Comments of which somebody was told that they have an answer. */
  const answered: number[] = [];
  /** What the applies of the fake tool have left: component → commit, or `half of` it. */
  const cloud = new Map<string, string>();
  /** The registry: repository → tag → digest; and how often each tag was built. */
  const images = new Map<string, Map<string, string>>();
  const builds: string[] = [];
  const github = {
    ancestry: 'ahead' as Ancestry,
    head: commitOf('1') as string | undefined,
    asked: [] as string[],
    /** `organisation/team/login` */
    members: new Set<string>(),
    message: 'a change',
    /** What people may do; everybody may write who is not named. */
    permissions: new Map<string, 'write' | 'read' | 'none'>(),
    pull: {
      ...{ state: 'open', head: commitOf('1'), base: 'main', fork: false, merged: undefined },
    } as PullRequest,
  };
  let nonces = 0;
  let now = Date.parse('2026-11-20T10:00:00.000Z');
  const ports = {
    ledger,
    store,
    clock: { now: () => new Date(now) },
    status: { changed: async (release: { id: string }) => void changed.push(release.id) },
    answers: { answered: async ({ comment }: { comment: number }) => void answered.push(comment) },
    tokens: {
      succeed: async (token: string, output: object) => {
        if (sent.has(token) || answeredBefore.has(token)) return 'gone' as const;
        sent.set(token, output);
        return 'sent' as const;
      },
    },
    // Releases run until a test says how they ended.
    executions: {
      isRunning: async (execution: string) =>
        running.has(execution) || (execution.startsWith('arn:release:') && !ends.has(execution)),
    },
    jobs: {
      hasEnded: async (jobId: string) => endedJobs.has(jobId),
      runningSince: async (jobId: string) => (endedJobs.has(jobId) ? undefined : jobsRunSince.at),
      wasSubmittedFor: async (jobId: string) => !strayJobs.has(jobId),
    },
    github: {
      compare: async (repository: string, base: string, head: string) => {
        github.asked.push(`${repository} ${base.slice(0, 7)}...${head.slice(0, 7)}`);
        return github.ancestry;
      },
      branchHead: async () => github.head,
      createStatus: async () => {},
      isTeamMember: async (organisation: string, team: string, login: string) => {
        github.asked.push(`is ${login} in ${organisation}/${team}`);
        return github.members.has(`${organisation}/${team}/${login}`);
      },
      commitMessage: async () => github.message,
      permission: async (_: string, login: string) => github.permissions.get(login) ?? 'write',
      pullRequest: async () => github.pull,
      fullCommit: async (_: string, start: string) =>
        [commitOf('1'), commitOf('2')].find((commit) => commit.startsWith(start)),
    },
    redrives: {
      look: async (execution: string) => {
        const status = running.has(execution) ? 'RUNNING' : (ends.get(execution) ?? 'FAILED');
        const isOver = status === 'RUNNING' || status === 'SUCCEEDED';
        return { status, problem: isOver ? `Execution is ${status} and cannot be redriven` : undefined };
      },
      redrive: async (execution: string): Promise<string | undefined> => {
        running.add(execution);
        return undefined;
      },
    },
    registry: {
      digestOf: async (repository: string, tag: string) => images.get(repository)?.get(tag),
      ensureRepository: async (repository: string) => {
        images.set(repository, images.get(repository) ?? new Map());
      },
    },
    host: 'registry.example',
    bucket: 'artifacts',
    jobControl: { terminate: async (jobId: string) => void terminated.push(jobId) },
    deadLetters: { waiting: async () => deadLetters },
    bus: { publish: async ({ detail }: { detail: object }) => void published.push(detail) },
    schedules: {
      set: async (name: string, { at, detail }: { readonly at: Date; readonly detail: object }) => {
        if (at.getTime() <= now) throw new Error(`the schedule ${name} lies in the past`);
        scheduled.set(name, { at: at.toISOString(), detail });
      },
      remove: async (name: string) => void scheduled.delete(name),
    },
    log: () => {},
    measure: (one: Measurement) =>
      void measured.push([one.metric, one.of, one.value].filter((part) => part !== undefined).join(' ')),
    githubUrl: 'https://github.com',
    state: { bucket: 'artifacts', kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k' },
    newRequestId: () => `request-${published.length + 1}`,
    segments: segmentsMemory(),
    newNonce: () => `nonce-${++nonces}`.padEnd(43, '-'),
  };
  return {
    ...{
      ledger,
      store,
      running,
      ends,
      endedJobs,
      jobsRunSince,
      deadLetters,
      measured,
      strayJobs,
      terminated,
      published,
      scheduled,
      sent,
      changed,
      answered,
      github,
      ports,
    },
    cloud,
    images,
    builds,
    /** A token whose Task has ended. */
    loseToken: (token: string) => void answeredBefore.add(token),
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
    now: () => new Date(now),
  };
}

/** Tests make thousands of worlds out of few trees. */
const zippedBefore = new Map<string, Buffer>();
function zipped(text: string): Buffer {
  const known = zippedBefore.get(text) ?? gzipSync(text);
  zippedBefore.set(text, known);
  return known;
}

/** Stores a release as `resolve` does; returns its reference. */
export async function release({ ledger, store }: World, setup: ReleaseSetup): Promise<ReleaseRef> {
  const commit = setup.commit ?? commitOf('1');
  const ref = { id: setup.id ?? `20261120-${commit.slice(0, 7)}-1`, repository: REPOSITORY.id, commit };
  const branch = setup.branch ?? 'main';
  const pull = setup.pull && { number: 7, ...setup.pull, head: commit, base: branch };
  const group = setup.mergeGroup && { base: branch, fork: false, ...setup.mergeGroup };
  const merge = commit.replace(/^./, 'e');
  const document: ReleaseDocument = {
    version: 1,
    release: ref,
    repository: REPOSITORY,
    branch,
    operation: setup.operation,
    ...(pull && { pull: { ...pull, onto: commitOf('0'), merge } }),
    ...(group && { mergeGroup: group }),
    rootTree: commitOf('f'),
    environments: Object.entries(setup.environments).map(([name, targets]) => ({
      name,
      account: '111122223333',
      region: 'eu-west-1',
      after: [],
      ...(setup.ttl && { ttl: setup.ttl }),
      targets: targets.map((entry) => ({
        entry: { ...entry, environment: name },
        references: [],
        deferred: setup.deferred?.[entry.component],
      })),
    })),
  };
  const item: ReleaseItem = {
    id: ref.id,
    repository: REPOSITORY,
    commit,
    branch,
    sender: 'octo',
    execution: `arn:release:${ref.id}`,
    environments: Object.keys(setup.environments),
    reason: '',
    startedAt: setup.startedAt ?? '2026-11-20T09:59:00.000Z',
    ...(setup.older && { older: true }),
    ...(pull && { pull, operation: 'plan' }),
    ...(group && { mergeGroup: group, operation: 'plan' }),
  };
  const paths = Object.values(setup.environments).flatMap((targets) => targets.map(({ path }) => path));
  const ids = { ...Object.fromEntries(paths.map((path) => [path, 'a'])), ...setup.tree };
  const lines = Object.entries(ids).map(([path, digit]) => `040000 tree ${commitOf(digit)}\t${path}\0`);
  await store.put(releaseKey(ref.repository, ref.id), JSON.stringify(document));
  const source = pull === undefined ? commit : merge;
  await store.put(treeKey(ref.repository, source), zipped(lines.join('')));
  await store.put(sourceKey(ref.repository, source), `snapshot of ${source}`);
  await ledger.put(ledgerKeys.release(ref.repository, ref.id), item);
  return ref;
}

/** One call of a function, as the machine makes it. */
export type Call = <T>(name: string, body: (ports: World['ports']) => Promise<T>) => Promise<T>;

export interface Plan {
  readonly environment?: string;
  readonly execution?: string;
  readonly tools?: Readonly<Record<string, ToolBehaviour>>;
  /** How each function is called; by default simply so. */
  readonly call?: Call;
  /** What people do once a target waits for them. */
  readonly person?: (target: TargetRef, call: Call) => Promise<unknown>;
  /** Where the deployment stops as if its execution had been stopped: before the call of this name. */
  readonly stopBefore?: string;
}

class Stopped extends Error {}

/** Does what the Deployment machine does, one target after another. `undefined` when it was stopped. */
export async function deploy(w: World, ref: ReleaseRef, plan: Plan = {}) {
  const { environment = 'dev', execution = `arn:deployment:${ref.id}:${environment}` } = plan;
  const plain: Call = (_, body) => body(w.ports);
  const call: Call = async (name, body) => {
    if (name === plan.stopBefore) throw new Stopped();
    return (plan.call ?? plain)(name, body);
  };
  w.running.add(execution);
  try {
    return await runDeployment(w, { release: ref, environment, execution }, { ...plan, call });
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  } finally {
    w.running.delete(execution);
  }
}

async function runDeployment(w: World, deployment: DeploymentRef, plan: Plan & { readonly call: Call }) {
  const { call, tools = {} } = plan;
  const token = `${deployment.execution} lease`;
  await call('lease', (ports) =>
    contracts.lease.handle((input) => lease(input, ports))({ ...deployment, action: 'acquire', token }),
  );
  const grant = w.sent.get(token) as LeaseGrant | undefined;
  if (grant === undefined) throw new Error('the lease was neither granted nor refused');
  let ended: { verdict: 'failed' | 'superseded'; reason: string } | undefined;
  if (grant.decision === 'granted') {
    const { fence } = grant;
    const opened = await call('open', (ports) =>
      contracts.open.handle((input) => open(input, ports))({ ...deployment, fence }),
    );
    if (opened.decision === 'superseded') ended = { verdict: 'superseded', reason: opened.reason };
    if (opened.decision === 'refused') ended = { verdict: 'failed', reason: opened.reason };
    if (opened.decision === 'deploy' || opened.decision === 'roll-back') {
      const { person } = plan;
      const targetsKey = opened.decision === 'deploy' ? opened.targetsKey : undefined;
      await runPasses(w, { ...deployment, fence }, targetsKey, { tools, call, person });
    }
  } else ended = { verdict: 'superseded', reason: grant.reason };
  const settled = await call('settle', (ports) =>
    contracts.settle.handle((input) => settle(input, ports))({
      ...deployment,
      scope: 'environment',
      ...(ended && { ended }),
    }),
  );
  await call('give back', (ports) =>
    contracts.lease.handle((input) => lease(input, ports))({ ...deployment, action: 'give-back' }),
  );
  return settled;
}

type PassPlan = Pick<TargetPlan, 'call' | 'person'> & { readonly tools: NonNullable<Plan['tools']> };

/** The deployment's own pass, unless it has none, then those of its rollback. */
async function runPasses(
  w: World,
  deployment: DeploymentRef & { readonly fence: number },
  opened: string | undefined,
  { tools, call, person }: PassPlan,
) {
  const findNext = async (after: Pass): Promise<{ pass: Pass; targetsKey: string } | undefined> => {
    const found = await call(`rollback after ${after}`, (ports) =>
      contracts.rollback.handle((input) => rollback(input, ports))({ ...deployment, after }),
    );
    return found.decision === 'roll-back' ? found : undefined;
  };
  let round: Awaited<ReturnType<typeof findNext>> =
    opened === undefined ? await findNext('deploy') : { pass: 'deploy', targetsKey: opened };
  while (round !== undefined) {
    const { pass } = round;
    for (const { component, test, build, write } of inTurn(w.store.json(round.targetsKey) as MapItem[])) {
      const tool = behaviourIn(pass, tools[component] ?? {});
      await runTarget(w, { ...deployment, component, pass }, { test, build, write, tool, call, person });
    }
    round = await findNext(pass);
  }
}

/** In an order in which every turn has come by the time it is asked for. */
function inTurn(items: readonly MapItem[]): MapItem[] {
  const done: MapItem[] = [];
  const isReady = ({ after = [] }: MapItem) =>
    after.every((one) => done.some(({ component }) => component === one));
  while (done.length < items.length) {
    const next = items.find((item) => !done.includes(item) && isReady(item));
    if (next === undefined) throw new Error('the targets of a pass wait for each other in a circle');
    done.push(next);
  }
  return done;
}

function behaviourIn(pass: Pass, tool: ToolBehaviour): ToolBehaviour {
  if (pass === 'deploy') return tool;
  return pass === 'reverse' ? (tool.reverse ?? {}) : { plan: 'empty', ...tool.forward };
}

const inPass = ({ pass = 'deploy' }: { readonly pass?: Pass | undefined }) =>
  pass === 'deploy' ? '' : `${pass}: `;

interface TargetPlan {
  readonly test: boolean;
  readonly build: boolean | undefined;
  readonly write: MapItem['write'];
  readonly tool: ToolBehaviour;
  readonly call: Call;
  readonly person: Plan['person'];
}

async function runTarget(w: World, ref: TargetRef, how: TargetPlan) {
  const { component } = ref;
  const { call } = how;
  const token = `${ref.execution} ${inPass(ref)}turn ${component}`;
  await call(`${inPass(ref)}turn ${component}`, (ports) =>
    contracts.turn.handle((input) => turn(input, ports))({ ...ref, token, flow: flowName(ref) }),
  );
  if (!w.sent.has(token)) throw new Error(`the turn of ${component} never came`);
  const end = (how.build && (await buildImage(w, ref, how))) || (await flowOf(w, ref, how));
  await call(`${inPass(ref)}record ${component}`, (ports) =>
    contracts.record.handle((input) => record(input, ports))({ ...ref, end }),
  );
}

/** What comes before the plan of a component with `build`; undefined when its plan may follow. */
async function buildImage(
  w: World,
  ref: TargetRef,
  { call, tool }: TargetPlan,
): Promise<TargetEnd | undefined> {
  let took: { [name: string]: string | number } | undefined;
  for (const built of [false, true]) {
    const asked = await call(`build ${built ? 'again ' : ''}${ref.component}`, (ports) =>
      contracts.build.handle((input) => build(input, ports))({ ...ref, built, took }),
    );
    if (asked.decision === 'ready') return undefined;
    if (asked.decision === 'end') return { ...asked, kind: 'decided' };
    const { REPOSITORY = '', TAG = '' } = Object.fromEntries(
      asked.variables.map(({ Name, Value }) => [Name, Value]),
    );
    w.builds.push(`${asked.project} ${REPOSITORY}:${TAG}`);
    // A minute and a half.
    const ended = {
      Id: `${asked.project}:${w.builds.length}`,
      ...{ ProjectName: asked.project, StartTime: 1795248000000, EndTime: 1795248090000 },
    };
    took = { ...ended, BuildStatus: 'SUCCEEDED' };
    if (tool.build === 'fails') {
      const Build = {
        ...{ ...ended, BuildStatus: 'FAILED' },
        Phases: [{ PhaseType: 'BUILD', PhaseStatus: 'FAILED', Contexts: [{ Message: 'exit status 1' }] }],
        Logs: { DeepLink: 'https://log' },
      };
      return { kind: 'broke', stage: 'build', error: 'States.TaskFailed', cause: JSON.stringify({ Build }) };
    }
    if (tool.build !== 'pushes nothing') w.images.get(REPOSITORY)?.set(TAG, `sha256:of-${TAG.slice(0, 4)}`);
  }
  throw new Error(`the build of ${ref.component} never came to an end`);
}

/** The child execution of a target, as the Map would name it. */
const flowName = ({ execution, component, fence, pass = 'deploy' }: TargetRef) =>
  `${execution}/Targets:${pass}-${component}-${fence}`;

async function flowOf(w: World, ref: TargetRef, how: TargetPlan): Promise<TargetEnd> {
  const { component } = ref;
  const { test, write, tool, call } = how;
  const stage = async (name: Stage): Promise<TargetEnd | undefined> => {
    const prepared = await call(`${inPass(ref)}prepare ${name} ${component}`, (ports) =>
      contracts.prepare.handle((input) => prepare(input, ports))({ ...ref, stage: name }),
    );
    if (prepared.decision === 'end') return { ...prepared, kind: 'decided' };
    const cause = await runJob(w, prepared.job.key, { tool, call });
    return cause === undefined
      ? undefined
      : { kind: 'broke', stage: name, error: 'States.TaskFailed', cause };
  };
  const judge = (after: 'plan' | 'apply') =>
    call(`${inPass(ref)}guard ${after} ${component}`, (ports) =>
      contracts.guard.handle((input) => guard(input, ports))({ ...ref, after }),
    );
  for (let round = 0; ; round++) {
    const planned = await stage('plan');
    if (planned) return planned;
    const guarded = await judge('plan');
    if (guarded.decision === 'end') return { ...guarded, kind: 'decided' };
    if (guarded.decision === 'ask') {
      const { decision, reason } = await ask(w, { ...ref, reason: guarded.reason }, { ...how, round });
      if (decision !== 'approved') return { kind: 'decided', outcome: decision, reason };
    }
    const applies = guarded.decision !== 'test';
    const applied = applies ? await stage(write) : undefined;
    if (applied === undefined) {
      const tested = test ? await stage('test') : undefined;
      return tested ?? { kind: 'completed', applied: applies };
    }
    const { repository } = ref.release;
    await call(`has ended ${component}`, (ports) =>
      admitContract.handle((input) => admit(input, ports))({ ...ref, repository, action: 'has-ended' }),
    );
    if ((await judge('apply')).decision !== 'plan-again') return applied;
  }
}

async function ask(
  w: World,
  ref: TargetRef & { readonly reason: string },
  { call, person, round }: TargetPlan & { readonly round: number },
): Promise<ApprovalAnswer> {
  const token = `${ref.execution} ${inPass(ref)}approval ${ref.component} ${round}`;
  await call(`${inPass(ref)}approval ${ref.component}`, (ports) =>
    contracts.approval.handle((input) => approval(input, ports))({ ...ref, token }),
  );
  await person?.(ref, call);
  const answer = w.sent.get(token) as ApprovalAnswer | undefined;
  if (answer === undefined) throw new Error(`nobody decided about ${ref.component}`);
  return answer;
}

const NO_CHANGES = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };
const noPlan = { changes: NO_CHANGES, hasChanges: false, removals: [], creations: [], summary: 'nothing' };

/** A Batch job: admitted, works, writes its result, signs off. Returns the failure's cause. */
async function runJob(
  w: World,
  key: string,
  { tool, call }: { readonly tool: ToolBehaviour; readonly call: Call },
): Promise<string | undefined> {
  const spec = w.store.json(key) as JobSpec;
  const { stage, round, target: entry, source, pass } = spec;
  const jobId = `job ${key} ${spec.fence}.${round}`;
  const proof = { job: key, nonce: spec.nonce, jobId };
  const failed = (code: number) => JSON.stringify({ JobId: jobId, Container: { ExitCode: code } });
  try {
    const admitted = await call(`${inPass({ pass })}begin ${stage} ${entry.component}`, (ports) =>
      admitContract.handle((input) => admit(input, ports))({ ...proof, action: 'begin' }),
    );
    if (admitted.decision !== 'admitted') return failed(20);
    const isWriting = stage === 'apply' || stage === 'destroy';
    if (isWriting) w.cloud.set(entry.component, `half of ${source.commit.slice(0, 7)}`);
    if (isWriting && tool.apply === 'is killed') return failed(137);
    const isStale =
      isWriting && (tool.apply === 'is always stale' || (tool.apply === 'is stale once' && round === 0));
    const behaviour = tool[isWriting ? 'apply' : (stage as 'plan' | 'test')];
    const isFailure = isStale || behaviour === 'fails';
    if (stage === 'destroy' && !isFailure) w.cloud.delete(entry.component);
    if (stage === 'apply' && !isFailure) w.cloud.set(entry.component, source.commit.slice(0, 7));
    const file = (name: string) =>
      stageKey(
        {
          repository: 7,
          release: spec.release.id,
          environment: entry.environment,
          component: entry.component,
          pass,
        },
        stage,
        name,
      );
    if (stage === 'apply' && !isFailure && tool.outputs) {
      const outputs = Object.entries(tool.outputs).map(([name, value]) => [
        name,
        { value, sensitive: false },
      ]);
      await w.store.put(file('outputs.json'), JSON.stringify(Object.fromEntries(outputs)));
    }
    const kind = tool.plan ?? (spec.destroy ? 'deletes' : 'changes');
    const removals = [{ address: 'null_resource.old', type: 'null_resource', replace: false }];
    const result: JobResult = {
      version: 1,
      stage,
      round,
      ...(isStale && { failure: 'stale-plan' }),
      status: isFailure ? 'failed' : 'succeeded',
      reason: isFailure ? `the ${stage} said no` : 'done',
      diagnostics: [],
      architecture: 'arm64',
      startedAt: w.now().toISOString(),
      endedAt: w.now().toISOString(),
      ...(stage === 'plan' &&
        !isFailure && {
          plan: {
            ...noPlan,
            ...(kind !== 'empty' && {
              changes: { ...NO_CHANGES, [spec.destroy ? 'destroy' : 'add']: 1 },
              hasChanges: true,
            }),
            ...(kind === 'deletes' && { removals }),
            planDigest: `plan ${round} of ${entry.component} in ${spec.release.id}`,
            changeDigest: tool.changeDigests?.[round] ?? 'changes',
            creations: [...(tool.creates ?? [])],
            dependencies: [...(tool.dependencies ?? [])],
          },
        }),
    };
    if (stage === 'plan' && !isFailure) {
      await w.store.put(file('bundle.tar.gz'), `bundle of ${entry.component} at ${source.commit}`);
    }
    await w.store.put(file('result.json'), JSON.stringify(result));
    await call(`${inPass({ pass })}end ${stage} ${entry.component}`, (ports) =>
      admitContract.handle((input) => admit(input, ports))({ ...proof, action: 'end' }),
    );
    return isFailure ? failed(10) : undefined;
  } finally {
    w.endedJobs.add(jobId);
  }
}

/** The outcomes of a release as `component: outcome (reason)`. */
export async function outcomesOf({ ledger }: World, ref: ReleaseRef, environment = 'dev'): Promise<string[]> {
  const { pk } = ledgerKeys.release(ref.repository, ref.id);
  const items = (await ledger.query(pk, `outcome/${environment}/`)) as unknown as OutcomeItem[];
  return items.map(({ component, outcome, reason }) => `${component}: ${outcome} (${reason})`);
}
