/** AWS Batch of the twin: jobs are processes of this machine, as many at once as there are slots, first come first served. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobDefinition, JobQueueDefinition } from '../assembly/model.ts';
import { arnOf, type Place } from '../assembly/resource.ts';
import type { CredentialsEndpoint } from '../wire/credentials-endpoint.ts';
import { writeFileAtomic } from '../wire/files.ts';
import { jobCommand, jobEnvironment, type Machine } from './environment.ts';
import { hasEnded, type Job } from './job.ts';
import { adoptProcess, killContainer, signalProcess, startProcess, watchLog } from './process.ts';
import { refused, type Submission } from './submission.ts';

/** Between SIGTERM and SIGKILL, as on Fargate. https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html */
const GRACE_MS = 30_000;

export interface JobsOptions {
  readonly definitions: readonly JobDefinition[];
  readonly queues: readonly JobQueueDefinition[];
  readonly place: Place;
  readonly machine: Machine;
  readonly issueCredentials: CredentialsEndpoint['issueCredentials'];
  /** Folder with one folder per job. */
  readonly folder: string;
  /** Jobs running at once. */
  readonly slots: number;
  /** Called after every change of a job. */
  readonly changed: (job: Job) => void;
  /** Called when a running job has printed something. */
  readonly printed: (job: Job) => void;
}

/** All jobs of a state directory, also those of earlier twins. */
export class Jobs {
  /** Jobs that were running when this twin started. */
  readonly inherited: readonly Job[];
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #runnable: Job[] = [];
  readonly #running = new Map<Job, Promise<void>>();
  readonly #waiting = new Map<Job, ((job: Job) => void)[]>();

  /** Takes over what earlier twins left: jobs whose process lives go on, the others have failed. */
  constructor(options: JobsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    for (const name of readdirSync(options.folder)) {
      const file = join(options.folder, name, 'job.json');
      if (!existsSync(file)) continue;
      const job = JSON.parse(readFileSync(file, 'utf8')) as Job;
      this.#jobs.set(job.jobId, job);
      if (hasEnded(job)) continue;
      if (job.startedAt === undefined) this.#end(job, 'Host terminated before the job started');
      else this.#track(job, adoptProcess(this.#folderOf(job), job.startedAt));
    }
    this.inherited = [...this.#running.keys()];
  }

  /** True while any job has not ended. */
  get busy(): boolean {
    return this.#running.size > 0 || this.#runnable.length > 0;
  }

  /** The job by id. */
  get(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  /** All jobs, oldest first. */
  all(): Job[] {
    return [...this.#jobs.values()].toSorted((a, b) => a.createdAt - b.createdAt);
  }

  /** The file a job prints to. */
  logOf(job: Job): string {
    return join(this.#folderOf(job), 'log.txt');
  }

  #folderOf(job: Job): string {
    return join(this.#options.folder, job.jobId);
  }

  /** The definition by name, name:revision or ARN. */
  definition(reference: string): JobDefinition | undefined {
    const name = reference.replace(/^arn:.*:job-definition\//, '').replace(/:1$/, '');
    return this.#options.definitions.find((definition) => definition.name === name);
  }

  /** The queue by name or ARN. */
  queue(reference: string): JobQueueDefinition | undefined {
    const name = reference.replace(/^arn:.*:job-queue\//, '');
    return this.#options.queues.find((queue) => queue.name === name);
  }

  /** Queues a job. Throws ClientException for an unknown definition or queue. */
  submit(submission: Submission): Job {
    const definition = this.definition(submission.jobDefinition);
    if (definition === undefined) throw refused(`JobDefinition ${submission.jobDefinition} does not exist`);
    const queue = this.queue(submission.jobQueue);
    if (queue === undefined) throw refused(`JobQueue ${submission.jobQueue} not found`);
    const { containerOverrides, timeout, tags, jobName } = submission;
    const jobId = randomUUID();
    const overrides = containerOverrides.environment.map(({ name, value }) => [name, value]);
    const job: Job = {
      jobId,
      jobArn: arnOf(this.#options.place, 'batch', `job/${jobId}`),
      jobName,
      queue,
      definition,
      command: containerOverrides.command ?? definition.command,
      environment: { ...definition.environment, ...Object.fromEntries(overrides) },
      timeoutSeconds: timeout?.attemptDurationSeconds ?? definition.timeoutSeconds,
      tags,
      createdAt: Date.now(),
      status: 'SUBMITTED',
      isTerminated: false,
    };
    this.#jobs.set(jobId, job);
    mkdirSync(this.#folderOf(job));
    this.#become(job, 'SUBMITTED');
    this.#become(job, 'RUNNABLE');
    this.#runnable.push(job);
    // The submitter learns the job's id before anything else can happen to it.
    queueMicrotask(() => this.#fillSlots());
    return job;
  }

  /** TerminateJob: a running job gets SIGTERM and, 30 seconds later, SIGKILL; a waiting one just ends. */
  terminate(job: Job, reason: string): void {
    if (hasEnded(job) || job.isTerminated) return;
    job.isTerminated = true;
    const place = this.#runnable.indexOf(job);
    if (place >= 0) {
      this.#runnable.splice(place, 1);
      this.#end(job, reason);
    } else this.#stop(job, reason);
  }

  /** Resolves with the job when it has ended. */
  ended(job: Job): Promise<Job> {
    if (hasEnded(job)) return Promise.resolve(job);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(job) ?? [];
      this.#waiting.set(job, [...waiting, resolve]);
    });
  }

  /** Stops everything in order: waiting jobs end, running ones get SIGTERM and their 30 seconds. */
  async close(): Promise<void> {
    for (const job of [...this.#runnable, ...this.#running.keys()])
      this.terminate(job, 'The local twin was stopped');
    await Promise.all(this.#running.values());
  }

  #fillSlots(): void {
    while (this.#running.size < this.#options.slots) {
      const job = this.#runnable.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  #start(job: Job): void {
    const { machine, issueCredentials } = this.#options;
    this.#become(job, 'STARTING');
    const folder = this.#folderOf(job);
    const credentials = issueCredentials(job.definition.jobRoleArn, { sessionName: job.jobId });
    const running = startProcess({
      folder,
      command: jobCommand(job),
      environment: jobEnvironment(job, machine, credentials.path),
      cwd: folder,
    });
    job.startedAt = Date.now();
    this.#become(job, 'RUNNING');
    this.#track(
      job,
      running.finally(() => credentials.withdraw()),
    );
  }

  #track(job: Job, exit: Promise<number>): void {
    const unwatch = watchLog(this.#folderOf(job), () => this.#options.printed(job));
    const limit = job.timeoutSeconds ?? 14 * 24 * 3600;
    const left = (job.startedAt ?? Date.now()) + limit * 1000 - Date.now();
    // A timer cannot be set further than 24 days; the longest limit is Fargate's 14.
    const timer = setTimeout(
      () => this.#stop(job, 'Job attempt duration exceeded timeout'),
      Math.max(0, left),
    );
    const tracked = exit.then((exitCode) => {
      clearTimeout(timer);
      unwatch();
      this.#running.delete(job);
      job.exitCode = exitCode;
      const fault = exitCode === 0 ? undefined : 'Essential container in task exited';
      this.#end(job, job.statusReason ?? fault);
      this.#fillSlots();
    });
    this.#running.set(job, tracked);
  }

  #stop(job: Job, reason: string): void {
    job.statusReason = reason;
    const folder = this.#folderOf(job);
    // Between the shell's start and the job's own there is no process to signal yet.
    const term = () => signalProcess(folder, 'SIGTERM');
    if (!term()) setTimeout(term, 100);
    const kill = setTimeout(() => killContainer(folder), GRACE_MS);
    void this.ended(job).then(() => clearTimeout(kill));
  }

  /** A terminated or timed out job has failed even if its process still ended well. */
  #end(job: Job, reason: string | undefined): void {
    if (reason !== undefined) job.statusReason = reason;
    job.stoppedAt = Date.now();
    this.#become(job, reason === undefined ? 'SUCCEEDED' : 'FAILED');
    for (const resolve of this.#waiting.get(job) ?? []) resolve(job);
    this.#waiting.delete(job);
  }

  #become(job: Job, status: Job['status']): void {
    job.status = status;
    writeFileAtomic(join(this.#folderOf(job), 'job.json'), JSON.stringify(job));
    this.#options.changed(job);
  }
}
