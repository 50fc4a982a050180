/** Does a call come from the job it names? Used by every function a running job calls. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { JobProof } from './contracts/job-services.ts';
import type { JobItem } from './ledger/work-items.ts';

/** What the ledger keeps of a nonce: SHA-256, hex. */
export const nonceHash = (nonce: string) => createHash('sha256').update(nonce).digest('hex');

/** Compares in constant time, so that answers do not tell how much of a guess was right. */
export function nonceMatches(nonce: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const shown = Buffer.from(nonceHash(nonce), 'hex');
  return expected.length === shown.length && timingSafeEqual(expected, shown);
}

/** Undefined when the proof holds: right nonce, shown by the Batch job it is bound to, which has not ended. */
export function proofProblem(proof: JobProof, item: JobItem | undefined): string | undefined {
  if (item === undefined || !nonceMatches(proof.nonce, item.nonceHash)) return 'its nonce is not known';
  if (item.jobId === undefined) return 'it has not been admitted yet';
  if (item.jobId !== proof.jobId) return 'its nonce belongs to another Batch job';
  if (item.ended) return 'it has ended';
  return undefined;
}
