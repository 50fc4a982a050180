/** What the executor does in a job, step by step, against the modelled cloud: called by `batch.ts`. Times are virtual. */

import type * as z from 'zod';
import {
  EXIT_CODE,
  type JobResult,
  type JobSpec,
  jobResultSchema,
  jobSpecSchema,
  type PlanSummary,
} from '../../core/contracts/job.ts';
import type { admit } from '../../core/contracts/job-services.ts';
import { outputsKey, stageKey, stateLockKey } from '../../core/keys.ts';
import { type Cloud, HALF, NOTHING } from './cloud.ts';
import type { Versions } from './repository.ts';

/** The job's surroundings. */
export interface JobWorld {
  readonly cloud: Cloud;
  readonly store: {
    get(key: string): Promise<Uint8Array | undefined>;
    put(key: string, body: string): Promise<void>;
    exists(key: string): Promise<boolean>;
    remove(key: string): Promise<void>;
  };
  readonly now: () => string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly versionsOf: (commit: string) => Versions;
  /** What the user's code does: `apply b2` and the like fail. */
  readonly fails: ReadonlySet<string>;
  admit(input: z.input<typeof admit.input>): Promise<z.output<typeof admit.output>>;
  /** One step: takes a second, can be struck, and does not begin once the job was asked to stop. */
  step<T>(name: string, body: () => Promise<T>): Promise<T>;
}

/** Ends the job with an exit code, and a reason where there is a result. */
class Failure extends Error {
  readonly code: number;
  readonly kind: JobResult['failure'];

  constructor(code: number, reason: string, kind?: JobResult['failure']) {
    super(reason);
    this.code = code;
    this.kind = kind;
  }
}

/** Asked to stop, by SIGTERM. */
export class Terminated extends Failure {
  constructor() {
    super(EXIT_CODE.terminated, 'stopped by SIGTERM');
  }
}

const NO_CHANGES = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };

/** Answers the exit code; throws only what a step throws that was struck. */
export async function runJob(key: string, jobId: string, world: JobWorld): Promise<number> {
  try {
    const spec = await world.step('reads its spec', async () => jobSpecSchema.parse(await json(key, world)));
    const proof = { job: key, nonce: spec.nonce, jobId };
    const code = await enter(proof, spec, world);
    if (code !== undefined) return code;
    try {
      return await admitted(spec, jobId, world);
    } finally {
      await leave(proof, world);
    }
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

type Proof = { readonly job: string; readonly nonce: string; readonly jobId: string };

/** As `executor-image/admission.ts`: undefined when it may begin, else the exit code it ends with. */
async function enter(proof: Proof, spec: JobSpec, world: JobWorld): Promise<number | undefined> {
  const answer = await world.step('asks to begin', () => askToBegin(proof, world));
  if (answer.decision === 'admitted') return undefined;
  if (answer.decision !== 'wait') return EXIT_CODE.refused;
  const { repository, target } = spec;
  const where = { repository: repository.id, environment: target.environment, component: target.component };
  for (;;) {
    const { decision } = await world.step('waits for the other', () =>
      world.admit({ action: 'has-ended', ...where }).catch(() => {
        throw new Failure(EXIT_CODE.infrastructure, 'admit did not answer');
      }),
    );
    if (decision === 'ended') break;
    await world.sleep(15_000);
  }
  const result = jobResultSchema.safeParse(await json(fileOf(spec, 'result.json'), world));
  if (!result.success) return EXIT_CODE.infrastructure;
  return result.data.status === 'succeeded' ? EXIT_CODE.succeeded : EXIT_CODE.failed;
}

async function askToBegin(proof: Proof, world: JobWorld) {
  for (let tries = 1; ; tries++) {
    try {
      return await world.admit({ action: 'begin', ...proof });
    } catch (error) {
      if (tries === 6) throw new Failure(EXIT_CODE.infrastructure, String(error));
      await world.sleep(1000 * 2 ** tries);
    }
  }
}

/** A job that cannot sign off ends all the same. */
async function leave(proof: Proof, world: JobWorld): Promise<void> {
  await world.step('signs off', () => world.admit({ action: 'end', ...proof }).catch(() => undefined));
}

async function admitted(spec: JobSpec, jobId: string, world: JobWorld): Promise<number> {
  const startedAt = world.now();
  let failure: Failure | undefined;
  let plan: PlanSummary | undefined;
  try {
    if (spec.stage === 'plan') plan = await planStage(spec, world);
    else if (spec.stage === 'apply' || spec.stage === 'destroy') await applyStage(spec, jobId, world);
    else await testStage(spec, world);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  const result: JobResult = {
    version: 1,
    stage: spec.stage,
    round: spec.round,
    status: failure ? 'failed' : 'succeeded',
    reason: failure?.message ?? 'done',
    ...(failure?.kind && { failure: failure.kind }),
    plan,
    diagnostics: [],
    architecture: 'arm64',
    startedAt,
    endedAt: world.now(),
  };
  await world.step('leaves its result', () => put(fileOf(spec, 'result.json'), result, world));
  return failure?.code ?? EXIT_CODE.succeeded;
}

/** What the plan found, as it travels in the bundle. */
interface Bundle {
  readonly desired: string;
  /** How often the state had been written. */
  readonly serial: number;
}

async function planStage(spec: JobSpec, world: JobWorld): Promise<PlanSummary> {
  const target = nameOf(spec);
  const version = world.versionsOf(spec.source.commit)[spec.target.component];
  if (version === undefined) throw new Failure(EXIT_CODE.badInput, 'the snapshot has no such directory');
  if (world.fails.has(`plan ${version}`)) throw new Failure(EXIT_CODE.failed, 'the plan said no');
  const inputs = (await json(fileOf(spec, 'inputs.json'), world)) as Record<string, { value: string }>;
  const values = Object.values(inputs).map(({ value }) => value);
  const deployed = values.length > 0 ? `${version}(${values.join()})` : version;
  const desired = spec.destroy ? NOTHING : deployed;
  const present = world.cloud.valueOf(target);
  const bundle: Bundle = { desired, serial: world.cloud.serials.get(target) ?? 0 };
  await world.step('leaves its bundle', () => put(fileOf(spec, 'bundle.tar.gz'), bundle, world));
  const isNew = present === NOTHING && desired !== NOTHING;
  const hasChanges = present !== desired;
  // The third version of anything takes something away.
  const removals =
    (spec.destroy || /3/.test(desired)) && hasChanges
      ? [{ address: 'x.old', type: 'x', replace: false }]
      : [];
  return {
    changes: {
      ...NO_CHANGES,
      add: isNew ? 1 : 0,
      change: hasChanges && !isNew && !spec.destroy ? 1 : 0,
      destroy: removals.length,
    },
    hasChanges,
    summary: hasChanges ? `to ${desired}` : 'nothing',
    planDigest: digestOf(bundle),
    changeDigest: `${present} to ${desired}`,
    removals,
    creations: isNew ? ['x.new'] : [],
    dependencies: [],
  };
}

async function applyStage(spec: JobSpec, jobId: string, world: JobWorld): Promise<void> {
  const { cloud, store } = world;
  const target = nameOf(spec);
  const bundle = (await json(fileOf({ ...spec, stage: 'plan' }, 'bundle.tar.gz'), world)) as Bundle;
  if (digestOf(bundle) !== spec.planDigest) throw new Failure(EXIT_CODE.badInput, 'another bundle');
  const { environment, component } = spec.target;
  const lock = stateLockKey(spec.repository.id, environment, component);
  await world.step('takes the lock', async () => {
    if (await store.exists(lock)) throw new Failure(EXIT_CODE.failed, 'Error acquiring the state lock');
    await store.put(lock, jobId);
  });
  const serial = cloud.serials.get(target) ?? 0;
  if (serial !== bundle.serial) {
    await store.remove(lock);
    throw new Failure(EXIT_CODE.failed, 'Saved plan is stale', 'stale-plan');
  }
  cloud.beginWriting(target, jobId);
  try {
    await world.step('begins to write', async () => {
      cloud.values.set(target, `${HALF}${bundle.desired}`);
      await writeState(spec, serial + 1, world);
    });
    if (world.fails.has(`apply ${target} ${bundle.desired}`)) {
      await store.remove(lock);
      throw new Failure(EXIT_CODE.failed, 'the apply said no');
    }
    await world.step('has written', async () => {
      if (bundle.desired === NOTHING) cloud.values.delete(target);
      else cloud.values.set(target, bundle.desired);
      await writeState(spec, serial + 2, world);
    });
  } finally {
    cloud.endWriting(target, jobId);
  }
  await world.step('releases the lock', () => store.remove(lock));
  if (spec.stage === 'destroy') return;
  const outputs = { value: { value: bundle.desired, sensitive: false } };
  await world.step('leaves its outputs', () => put(fileOf(spec, 'outputs.json'), outputs, world));
}

async function writeState(spec: JobSpec, serial: number, { cloud, store }: JobWorld): Promise<void> {
  cloud.serials.set(nameOf(spec), serial);
  await store.put(spec.state.key, JSON.stringify({ lineage: nameOf(spec), serial }));
}

async function testStage(spec: JobSpec, world: JobWorld): Promise<void> {
  const { environment, component } = spec.target;
  const outputs = (await json(outputsKey(spec.repository.id, environment, component), world)) as {
    value: { value: string };
  };
  const { value } = outputs.value;
  await world.step('looks at what is there', async () => {
    const found = world.cloud.valueOf(nameOf(spec));
    if (found !== value) throw new Failure(EXIT_CODE.failed, `it is ${found}, not ${value}`);
    if (world.fails.has(`test ${nameOf(spec)} ${value}`))
      throw new Failure(EXIT_CODE.failed, 'the test said no');
  });
}

const nameOf = ({ target }: JobSpec) => `${target.environment}/${target.component}`;

const digestOf = ({ desired, serial }: Bundle) => `bundle of ${desired} on ${serial}`;

function fileOf({ repository, release, target, pass, stage }: JobSpec, name: string): string {
  const { environment, component } = target;
  // Inputs are stored with the plan.
  return stageKey(
    { repository: repository.id, release: release.id, environment, component, pass },
    stage,
    name,
  );
}

async function json(key: string, { store }: JobWorld): Promise<unknown> {
  const body = await store.get(key);
  return body === undefined ? undefined : JSON.parse(Buffer.from(body).toString('utf8'));
}

const put = (key: string, value: object, { store }: JobWorld) => store.put(key, JSON.stringify(value));
