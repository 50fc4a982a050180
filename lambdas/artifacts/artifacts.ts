/** `artifacts`: presigned URLs for what a running job's stage may read and write, and nothing else. */
import type * as z from 'zod';
import { ERRORED_STATE, type JobSpec } from '../../core/contracts/job.ts';
import type { artifacts as contract } from '../../core/contracts/job-services.ts';
import { type ArtifactKeys, readableKeys, writableKeys } from '../../core/job-artifacts.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { WRITING_STAGES } from '../../core/words.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { currentAttempt } from '../shared/attempt.ts';
import { provenJob } from '../shared/proven-job.ts';
import { supersededReason } from '../shared/superseded.ts';

/** How long a URL is good: a large snapshot over a slow line, not much more. */
const URL_SECONDS = 15 * 60;

export interface ArtifactsPorts {
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
}

/** Artifacts to read that do not exist have no entry. @throws Error naming what the stage may not touch. */
export async function artifacts(
  { get, put, ...proof }: z.output<typeof contract.input>,
  ports: ArtifactsPorts,
): Promise<z.input<typeof contract.output>> {
  const spec = await provenJob(proof, ports);
  const readable = allowedKeys(readableKeys(spec, get));
  const writable = allowedKeys(writableKeys(spec, put));
  await requireCurrent(spec, writable, ports.ledger);
  await blockTarget(spec, writable, ports.ledger);
  const { objects } = ports;
  const reads = await Promise.all(
    readable.map(async ([name, key]) =>
      (await objects.exists(key)) ? [[name, await objects.presignGet(key, URL_SECONDS)] as const] : [],
    ),
  );
  const writes = await Promise.all(
    writable.map(async ([name, key]) => [name, await objects.presignPut(key, URL_SECONDS)] as const),
  );
  return { get: Object.fromEntries(reads.flat()), put: Object.fromEntries(writes) };
}

/**
 * What a plan or test of an attempt that is over leaves would lie where that of the next attempt does. A job that writes keeps the
 * lease until it has ended, and what it made must be told in any case.
 */
async function requireCurrent(spec: JobSpec, writable: readonly unknown[], ledger: Ledger): Promise<void> {
  if (writable.length === 0 || WRITING_STAGES.includes(spec.stage)) return;
  const { release, target } = spec;
  const attempt = await currentAttempt(ledger, { release, environment: target.environment });
  const superseded = await supersededReason(spec, attempt, ledger);
  if (superseded !== undefined) throw new Error(`handing out artifacts: ${superseded}`);
}

/**
 * A job that asks where to put a state it could not write has left the only record of what it made: its target is planned again
 * only when that record is back in place. Noted here, so that no crash after this can forget it.
 */
async function blockTarget(
  { release, target }: JobSpec,
  writable: ReadonlyArray<[name: string, key: string]>,
  ledger: Ledger,
): Promise<void> {
  const key = new Map(writable).get(ERRORED_STATE);
  if (key === undefined) return;
  const blocked: TargetItem['blocked'] = { release: release.id, key };
  await ledger.update(ledgerKeys.target(release.repository, target.environment, target.component), {
    set: { blocked },
  });
}

function allowedKeys(keys: ArtifactKeys): ReadonlyArray<[name: string, key: string]> {
  if ('problem' in keys) throw new Error(`handing out artifacts: ${keys.problem}`);
  return [...keys.keys];
}
