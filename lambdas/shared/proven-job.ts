/** Who is calling? Shared by the functions that serve running jobs: answers the spec of the job that proved itself. */
import { type JobSpec, jobSpecSchema } from '../../core/contracts/job.ts';
import type { JobProof } from '../../core/contracts/job-services.ts';
import { proofProblem } from '../../core/job-proof.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { jobItemSchema } from '../../core/ledger/work-items.ts';
import type { Ledger, ObjectStore } from '../ports.ts';

/** @throws Error saying why the caller is not served; it never holds the nonce. */
export async function provenJob(
  proof: JobProof,
  { ledger, objects }: { readonly ledger: Ledger; readonly objects: ObjectStore },
): Promise<JobSpec> {
  const item = await ledger.get(ledgerKeys.job(proof.job));
  const problem = proofProblem(proof, item === undefined ? undefined : jobItemSchema.parse(item));
  if (problem !== undefined)
    throw new Error(`job ${proof.job} is not served: ${problem}; only a job that is running now is`);
  const spec = await objects.get(proof.job);
  if (spec === undefined)
    throw new Error(`job ${proof.job} is not served: its spec is no longer in the artifacts bucket`);
  return jobSpecSchema.parse(JSON.parse(Buffer.from(spec).toString('utf8')));
}
