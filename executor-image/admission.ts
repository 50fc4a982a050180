/** Asks to be let in before anything is touched, and signs off at the end. A duplicate of a running writer waits for it. */

import type { JobSpec } from '../core/contracts/job.ts';
import { EXIT_CODE, jobResultSchema } from '../core/contracts/job.ts';
import type { JobProof } from '../core/contracts/job-services.ts';
import type { JobTimes } from '../core/contracts/job-times.ts';
import { infrastructure, JobFailure, messageOf } from './failure.ts';
import type { Services } from './services.ts';
import type { Stop } from './stop.ts';
import { readJson } from './transfer.ts';

/** Pauses between two looks at the other writer: doubling, bounded (an apply may take hours). */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const MOST_TRIES = 6;

/**
 * Resolves when this job may begin.
 * @throws JobFailure `refused`, or with the exit code of the other job's result when this one is its duplicate. Nothing of the
 *   target may be touched or written then, not even a result.
 */
export async function enter(
  services: Services,
  spec: JobSpec,
  proof: JobProof,
  outside: {
    readonly say: (text: string) => void;
    readonly sleep: (ms: number) => Promise<void>;
    readonly stop: Stop;
  },
): Promise<void> {
  const admission = await askToBegin(services, proof, outside.sleep);
  if (admission.decision === 'admitted') return;
  if (admission.decision === 'refused') throw new JobFailure(EXIT_CODE.refused, admission.reason);
  if (admission.decision !== 'wait') {
    throw infrastructure(
      `asking for admission: the answer "${admission.decision}" belongs to another question`,
    );
  }
  outside.say(
    `job ${admission.writer} writes ${spec.target.environment}/${spec.target.component}: waiting for it`,
  );
  const target = {
    repository: spec.repository.id,
    environment: spec.target.environment,
    component: spec.target.component,
  };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const { decision } = await services.admit({ action: 'has-ended', ...target });
    if (decision === 'ended') break;
    await outside.sleep(pause);
    outside.stop.check('the other writer had ended');
  }
  const result = jobResultSchema.safeParse(await readResult(services, proof));
  if (!result.success) {
    throw infrastructure(`job ${admission.writer} ended without a result; this duplicate did nothing`);
  }
  const { status, reason } = result.data;
  throw new JobFailure(
    status === 'succeeded' ? EXIT_CODE.succeeded : EXIT_CODE.failed,
    `job ${admission.writer} did this work and ${status}: ${reason}`,
  );
}

/** What the other writer left, parsed but not checked; undefined when it left nothing. */
async function readResult(services: Services, proof: JobProof): Promise<unknown> {
  const { get } = await services.artifacts({ ...proof, get: ['result'], put: [] });
  return get.result === undefined ? undefined : readJson('result', get.result);
}

/**
 * Hundreds of jobs that begin at once meet on one item of the ledger, and nothing is touched yet: asking again is all it takes.
 * Six times in all, after pauses of 1, 2, 4, 8 and 15 seconds.
 */
async function askToBegin(services: Services, proof: JobProof, sleep: (ms: number) => Promise<void>) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await services.admit({ action: 'begin', ...proof });
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS));
    }
  }
}

/** Signs off. Not answered is not fatal: the sweep finds ended writers by their Batch job. */
export async function leave(
  services: Services,
  proof: JobProof,
  { times, say }: { readonly times: JobTimes; readonly say: (text: string) => void },
): Promise<void> {
  await services
    .admit({ action: 'end', ...proof, times })
    .catch((error: unknown) => say(`signing off: ${messageOf(error)}; the sweep will do it`));
}
