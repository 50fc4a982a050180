/** Writes a job's spec and what the ledger keeps of its nonce; called by `prepare`. */

import type { TargetRef } from '../../core/contracts/functions.ts';
import { type JobSpec, jobSpecSchema } from '../../core/contracts/job.ts';
import type { ReleaseDocument } from '../../core/contracts/release.ts';
import { environmentRole } from '../../core/deployment/job-order.ts';
import { nonceHash } from '../../core/job-proof.ts';
import { jobKey, stateKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { JobItem } from '../../core/ledger/work-items.ts';
import type { Stage } from '../../core/words.ts';
import type { Clock, Ledger, ObjectStore } from '../ports.ts';
import { readDocument } from '../shared/documents.ts';
import { addressOf } from '../shared/target-address.ts';
import type { Work } from '../shared/work.ts';

/** What a spec needs besides the release's own documents. */
export interface SpecPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** The artifacts bucket and its key: where the managed state lives. */
  readonly state: { readonly bucket: string; readonly kmsKeyArn: string };
  /** A fresh secret, 32 random bytes in base64url. */
  newNonce(): string;
}

/** One stage of one target. */
export type StageRef = TargetRef & { readonly stage: Stage };

/** What the job is told besides its place. `planDigest` and `round` are those of the target's outcome item. */
export interface SpecFacts {
  readonly document: ReleaseDocument;
  readonly planDigest: string | undefined;
  readonly round: number;
  readonly work: Work;
  readonly destroy: boolean;
}

/** Returns the spec's S3 key. A repeated call finds the spec and keeps its nonce: it cannot lock out a job that has begun already. */
export async function writeSpec(stage: StageRef, facts: SpecFacts, ports: SpecPorts): Promise<string> {
  const key = jobKey(addressOf(stage), stage.stage, { fence: stage.fence, round: facts.round });
  const known = await readDocument(ports.store, key, jobSpecSchema);
  const spec = known ?? newSpec(stage, facts, ports);
  if (spec !== known) await ports.store.put(key, JSON.stringify(spec));
  const hash = nonceHash(spec.nonce);
  const item = await ports.ledger.get(ledgerKeys.job(key));
  if (item?.nonceHash !== hash) {
    const preparedAt = ports.clock.now().toISOString();
    const fresh: JobItem = { nonceHash: hash, stage: stage.stage, preparedAt, ended: false };
    await ports.ledger.put(ledgerKeys.job(key), fresh);
  }
  return key;
}

function newSpec(
  { release, environment, component, fence, stage, pass = 'deploy' }: StageRef,
  { document, planDigest, round, work, destroy }: SpecFacts,
  { state, newNonce, clock }: Pick<SpecPorts, 'clock' | 'state' | 'newNonce'>,
): JobSpec {
  const { entry, account, region, source, locks } = work;
  return {
    version: 1,
    stage,
    pass,
    release,
    repository: document.repository,
    source,
    ...(stage === 'plan' && { locks }),
    // What somebody else wrote is planned without secrets, and may ask for none: `secrets` reads them from here.
    target: (document.pull ?? document.mergeGroup)?.fork ? { ...entry, secrets: {} } : entry,
    account,
    region,
    fence,
    round,
    preparedAt: clock.now().toISOString(),
    nonce: newNonce(),
    environmentRole: environmentRole(account, region, stage),
    state: { ...state, key: stateKey(release.repository, environment, component) },
    planDigest,
    destroy,
  };
}
