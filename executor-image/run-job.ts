/** The way of a job, from its spec to its exit code. Called by `main.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { EXIT_CODE, type JobResult, type JobSpec, jobSpecSchema } from '../core/contracts/job.ts';
import { enter, leave } from './admission.ts';
import {
  badInput,
  type ExitCode,
  failed,
  infrastructure,
  JobFailure,
  messageOf,
  terminated,
} from './failure.ts';
import { hostArchitecture } from './host.ts';
import type { Job, JobPorts } from './job.ts';
import { Log } from './log.ts';
import { Masking } from './masking.ts';
import { runStage } from './stages.ts';
import { Steps } from './steps.ts';
import type { Stop } from './stop.ts';
import { taskMetadata } from './task-metadata.ts';
import { upload } from './transfer.ts';
import { openWorkspace } from './workspace.ts';

/** Runs a job to its end and answers the exit code. Whatever goes wrong ends as a reason, never as an exception. */
export async function runJob(given: JobPorts): Promise<ExitCode> {
  let logBytes = 0;
  const write = (line: string) => {
    logBytes += Buffer.byteLength(line);
    given.write(line);
  };
  const ports = { ...given, write };
  const say = (text: string) => ports.write(`${ports.now().toISOString()} ${text}\n`);
  try {
    const startedAt = ports.now();
    const steps = new Steps(ports.now);
    const spec = await readSpec(ports);
    const proof = {
      job: ports.settings.BELAY_JOB,
      nonce: spec.nonce,
      jobId: ports.settings.AWS_BATCH_JOB_ID,
    };
    await steps.during('begin', () =>
      enter(ports.services, spec, proof, { say, sleep: ports.sleep, stop: ports.stop }),
    );
    const metadata = taskMetadata(ports.environment.ECS_CONTAINER_METADATA_URI_V4);
    let exitCode: ExitCode | undefined;
    try {
      exitCode = await admitted({ ...ports, spec, proof, steps }, startedAt);
      return exitCode;
    } finally {
      const failed = exitCode !== EXIT_CODE.succeeded;
      const times = { ...timesOf(ports, steps), ...(await metadata), failed, logBytes };
      await leave(ports.services, proof, { times, say });
    }
  } catch (error) {
    const failure = asFailure(error, ports.stop);
    say(failure.message);
    return failure.exitCode;
  }
}

async function readSpec({ services, settings }: JobPorts): Promise<JobSpec> {
  const spec = jobSpecSchema.safeParse(await services.readSpec());
  if (spec.success) return spec.data;
  throw badInput(`reading the job's spec ${settings.BELAY_JOB}: ${z.prettifyError(spec.error)}`);
}

/** From here on there is a result, unless Belay's own services do not answer. */
async function admitted(
  known: JobPorts & Pick<Job, 'spec' | 'proof' | 'steps'>,
  startedAt: Date,
): Promise<ExitCode> {
  const { spec } = known;
  const workspace = await openWorkspace(known.settings.BELAY_WORKSPACE, spec);
  const masking = new Masking();
  masking.add(spec.nonce);
  const log = new Log({ file: join(workspace.own, 'log.txt'), masking, now: known.now, write: known.write });
  const report: Job['report'] = { diagnostics: [] };
  const job: Job = { ...known, workspace, log, masking, report, keep: new Map() };

  log.say(`${spec.stage} ${spec.target.environment}/${spec.target.component}, release ${spec.release.id}`);
  const worked = await outcomeOf(async () => {
    const done = await runStage(job);
    // A tool that was asked to stop may end well without having done everything: that is never called a success.
    if (job.stop.requested) throw terminated(`stopped by SIGTERM; until then: ${done}`);
    return done;
  });
  return job.steps.during('keep', () => conclude(job, worked, startedAt));
}

/** What it made, its log and its result are uploaded. */
async function conclude(job: Job, worked: string | Error, startedAt: Date): Promise<ExitCode> {
  const { spec, report } = job;
  const urls = await uploadUrls(job);
  const kept = await outcomeOf(() => keepArtifacts(job, urls));
  const failedAs = joinFailures([worked, kept], job.stop);
  const result: JobResult = {
    version: 1,
    stage: spec.stage,
    round: spec.round,
    status: failedAs ? 'failed' : 'succeeded',
    reason: failedAs ? failedAs.message : String(worked),
    ...report,
    failure: failedAs?.kind,
    plan: failedAs ? undefined : report.plan,
    diagnostics: [...report.diagnostics, ...(failedAs?.diagnostics ?? [])],
    architecture: hostArchitecture(),
    startedAt: startedAt.toISOString(),
    endedAt: job.now().toISOString(),
  };
  await finish(job, result, urls);
  return failedAs?.exitCode ?? EXIT_CODE.succeeded;
}

const timesOf = ({ begunAt, now }: JobPorts, { done }: Steps) => ({
  startedAt: begunAt.toISOString(),
  endedAt: now().toISOString(),
  steps: done,
});

const outcomeOf = <T>(work: () => Promise<T>): Promise<T | Error> =>
  work().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

/** A stop explains every failure that came after it. Whatever is not a JobFailure is ours, and said as it is. */
function asFailure(error: unknown, stop: Stop): JobFailure {
  const failure = error instanceof JobFailure ? error : failed(messageOf(error));
  if (!stop.requested || failure.exitCode === EXIT_CODE.terminated) return failure;
  const stopped = terminated(`stopped by SIGTERM: ${failure.message}`);
  return new JobFailure(stopped.exitCode, stopped.message, failure.diagnostics);
}

/** The first failure decides how the job ends; a second one (an artifact that could not be kept) is told with it. */
function joinFailures(outcomes: readonly unknown[], stop: Stop): JobFailure | undefined {
  const failures = outcomes.filter((outcome) => outcome instanceof Error);
  const [first] = failures;
  if (!first) return undefined;
  const { exitCode, diagnostics, kind } = asFailure(first, stop);
  const reasons = failures.map((failure) => asFailure(failure, stop).message);
  return new JobFailure(exitCode, reasons.join('; '), diagnostics, kind);
}

/** Asked for at the end: presigned URLs expire, applies may take days. */
async function uploadUrls({ services, proof, keep }: Job): Promise<Record<string, string>> {
  const names = [...keep.keys(), 'log.txt', 'result.json'];
  const { put } = await services.artifacts({ ...proof, get: [], put: names });
  const missing = names.filter((name) => !put[name]);
  if (missing.length > 0) throw infrastructure(`uploading: no URL was given for ${missing.join(', ')}`);
  return put;
}

async function keepArtifacts({ keep }: Job, urls: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all([...keep].map(([name, file]) => upload(name, urls[name] ?? '', file)));
}

/** The log, then the result: where there is a result, everything else is there too. */
async function finish(job: Job, result: JobResult, urls: Readonly<Record<string, string>>): Promise<void> {
  const text = maskedResult(result, job.masking);
  job.log.say(`${text.status}: ${text.reason}`);
  const file = join(job.workspace.own, 'result.json');
  await writeFile(file, `${JSON.stringify(text, null, 2)}\n`);
  await upload('log.txt', urls['log.txt'] ?? '', job.log.file);
  await upload('result.json', urls['result.json'] ?? '', file);
}

/** Free text masked. Words of our own (stage, status, digests, times) stay as they are, even where a secret is spelt the same. */
function maskedResult(result: JobResult, masking: Masking): JobResult {
  const mask = (text: string) => masking.mask(text);
  const { plan } = result;
  return {
    ...result,
    reason: mask(result.reason).replaceAll(/\s*\n\s*/g, ' '),
    plan: plan && {
      ...plan,
      summary: mask(plan.summary),
      removals: plan.removals.map((removal) => ({ ...removal, address: mask(removal.address) })),
    },
    diagnostics: result.diagnostics.map((diagnostic) => ({
      ...diagnostic,
      summary: mask(diagnostic.summary),
      detail: mask(diagnostic.detail),
    })),
  };
}
