import { expect, test } from '@jest/globals';
import { nonceHash, nonceMatches, proofProblem } from '../../core/job-proof.ts';

const proof = { job: '1/releases/r/dev/app/plan/job.json', nonce: 'abc', jobId: 'batch-1' };

/** SHA-256 of `abc`: https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
const HASH = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

const item = { nonceHash: HASH, stage: 'plan', jobId: 'batch-1', ended: false } as const;

test('a nonce is kept as its SHA-256', () => {
  expect(nonceHash('abc')).toBe(HASH);
  expect(nonceMatches('abc', HASH)).toBe(true);
  expect(nonceMatches('abd', HASH)).toBe(false);
  expect(nonceMatches('abc', '')).toBe(false);
  expect(nonceMatches('abc', HASH.slice(0, 62))).toBe(false);
});

test('the proof holds for the bound, running job only', () => {
  expect(proofProblem(proof, item)).toBeUndefined();
  expect(proofProblem(proof, undefined)).toBe('its nonce is not known');
  expect(proofProblem({ ...proof, nonce: 'abd' }, item)).toBe('its nonce is not known');
  expect(proofProblem(proof, { ...item, jobId: undefined })).toBe('it has not been admitted yet');
  expect(proofProblem({ ...proof, jobId: 'batch-2' }, item)).toBe('its nonce belongs to another Batch job');
  expect(proofProblem(proof, { ...item, ended: true })).toBe('it has ended');
});
