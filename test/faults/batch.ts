/** AWS Batch of the fault harness: runs jobs against the modelled cloud, and tells who asks how they stand. Used by `machines.ts`. */
import type { Json } from '../../local/asl/json.ts';
import { type JobWorld, runJob, Terminated } from './job.ts';
import type { Points } from './points.ts';

/** One submitted job. */
export interface Job {
  readonly id: string;
  /** S3 key of its spec. */
  readonly key: string;
  readonly name: string;
  readonly isInterruptible: boolean;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  exitCode: number | undefined;
  isStopping: boolean;
  isDead: boolean;
  readonly done: Promise<void>;
}

/** What jobs are given, without the steps: those are Batch's to disturb. */
export type BatchWorld = Omit<JobWorld, 'step'> & {
  /** Tells the jobs of this world from those of the world it began with. */
  readonly run: string;
  readonly points: Points;
  trail(line: string): void;
};

/** Thrown where a job dies: nothing of it runs any more. */
class Killed extends Error {
  readonly exitCode: number | undefined;

  constructor(exitCode?: number) {
    super('killed');
    this.exitCode = exitCode;
  }
}

export class Batch {
  readonly #world: BatchWorld;
  readonly #jobs = new Map<string, Job>();

  constructor(world: BatchWorld) {
    this.#world = world;
  }

  submit(order: Pick<Job, 'key' | 'name' | 'isInterruptible'>): Job {
    const id = `job-${this.#world.run}-${this.#jobs.size + 1}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    const job: Job = {
      ...{ ...order, id, status: 'RUNNING', exitCode: undefined, isStopping: false, isDead: false },
      done: promise,
    };
    this.#jobs.set(id, job);
    void this.#run(job).then(resolve);
    return job;
  }

  /** A job Batch does not know has ended. */
  hasEnded(id: string): boolean {
    return this.#jobs.get(id)?.status !== 'RUNNING';
  }

  wasSubmittedFor(id: string, key: string): boolean {
    return this.#jobs.get(id)?.key === key;
  }

  /** SIGTERM: the job ends before its next step. */
  terminate(id: string): void {
    const job = this.#jobs.get(id);
    if (job !== undefined) job.isStopping = true;
  }

  get running(): string[] {
    return [...this.#jobs.values()].filter(({ status }) => status === 'RUNNING').map(({ name }) => name);
  }

  /** What DescribeJobs tells, in Step Functions' spelling. */
  detail({ id, key, status, exitCode }: Job): Json {
    return {
      JobId: id,
      Status: status,
      ...(exitCode === undefined
        ? { StatusReason: 'Host EC2 (instance i-0) terminated.', Container: {} }
        : { Container: { ExitCode: exitCode, Environment: [{ Name: 'BELAY_JOB', Value: key }] } }),
    };
  }

  async #run(job: Job): Promise<void> {
    const { trail } = this.#world;
    await this.#world.sleep(1000);
    try {
      const world: JobWorld = {
        ...this.#world,
        step: (name, body) => this.#step(job, name, body),
      };
      job.exitCode = await runJob(job.key, job.id, world);
    } catch (error) {
      if (!(error instanceof Killed)) this.#world.cloud.violations.push(`${job.name} broke: ${error}`);
      job.exitCode = error instanceof Killed ? error.exitCode : 1;
    }
    job.status = job.exitCode === 0 ? 'SUCCEEDED' : 'FAILED';
    trail(`${job.id} ${job.name}: exit code ${job.exitCode}`);
  }

  async #step<T>(job: Job, name: string, body: () => Promise<T>): Promise<T> {
    const { points, sleep, trail } = this.#world;
    if (job.isDead) throw new Killed(137);
    await sleep(1000);
    if (job.isStopping && name !== 'signs off' && name !== 'leaves its result') {
      job.isStopping = false;
      throw new Terminated();
    }
    trail(`${job.id} ${job.name} ${name}`);
    const kind = points.at('job', `${job.name} ${name}`, ['killed before', 'killed after', 'host lost']);
    job.isDead = kind !== undefined;
    if (kind === 'host lost') throw new Killed();
    if (kind === 'killed before') throw new Killed(137);
    const answer = await body();
    if (job.isDead) throw new Killed(137);
    return answer;
  }
}
