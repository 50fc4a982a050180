/**
 * What Fargate says of the task this job runs in: when its image was pulled, and what it was given.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobTimes } from '../core/contracts/job-times.ts';
import { send, textOf } from './http.ts';

type Metadata = Pick<JobTimes, 'pull' | 'size'>;

/** Longer than this nobody waits for it. Milliseconds. */
const PATIENCE_MS = 2000;

/** Asked for while the job works. Whatever is not told is left out: no job fails for it, or ends later. */
export async function taskMetadata(uri: string | undefined): Promise<Metadata> {
  if (uri === undefined) return {};
  return Promise.race([asked(uri), sleep(PATIENCE_MS, {}, { ref: false })]);
}

async function asked(uri: string): Promise<Metadata> {
  try {
    const answer = await send(`${uri}/task`);
    const text = await textOf(answer);
    if (!answer.ok) return {};
    const { PullStartedAt, PullStoppedAt, Limits, EphemeralStorageMetrics } = JSON.parse(text) as Readonly<
      Record<string, unknown>
    >;
    const { CPU, Memory } = (Limits ?? {}) as Readonly<Record<string, unknown>>;
    const { Reserved } = (EphemeralStorageMetrics ?? {}) as Readonly<Record<string, unknown>>;
    const [startedAt, endedAt] = [timeOf(PullStartedAt), timeOf(PullStoppedAt)];
    return {
      ...(startedAt && endedAt && { pull: { startedAt, endedAt } }),
      ...(isAmount(CPU) &&
        isAmount(Memory) && {
          size: { vcpu: CPU, memory: Memory / 1024, ...(isAmount(Reserved) && { storage: Reserved / 1024 }) },
        }),
    };
  } catch {
    return {};
  }
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** Fargate's times have up to nine digits of a second. */
function timeOf(value: unknown): string | undefined {
  const time = new Date(String(value));
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
