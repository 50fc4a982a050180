/** A running job as the functions that serve jobs see it: its item in the ledger, its spec in the bucket. */
import type { JobSpec } from '../../core/contracts/job.ts';
import type { JobItem } from '../../core/ledger/work-items.ts';
import type { Stage } from '../../core/words.ts';
import { ledgerMemory } from './ledger-memory.ts';
import { objectsMemory } from './objects-memory.ts';

export const NONCE = 'a-nonce-that-nobody-can-guess-0123456789';

/** SHA-256 of the nonce. */
const NONCE_HASH = '7ddcbb3f1780426abe618d60495ef5aa4935ea57f72ddd9152ee278720e8ed65';

export const specOf = (stage: Stage, change: Partial<JobSpec['target']> = {}): JobSpec => ({
  version: 1,
  round: 0,
  stage,
  pass: 'deploy',
  release: {
    id: '20261121-c0ffee1-1',
    repository: 7,
    commit: 'c0ffee1234567890abcdef1234567890abcdef12',
  },
  source: {
    commit: 'c0ffee1234567890abcdef1234567890abcdef12',
    key: '7/sources/c0ffee1234567890abcdef1234567890abcdef12.tar.gz',
  },
  repository: { id: 7, fullName: 'acme/shop', defaultBranch: 'main' },
  target: {
    component: 'app',
    environment: 'dev',
    path: 'app',
    tool: 'opentofu',
    arch: 'arm64',
    needs: [],
    inputs: {},
    env: {},
    variables: {},
    watch: [],
    secrets: {},
    policy: { approval: 'never', approvers: [], selfApproval: false, protect: [], rollback: 'connected' },
    ...change,
  },
  account: '111122223333',
  region: 'eu-west-1',
  fence: 1,
  nonce: NONCE,
  environmentRole: 'arn:aws:iam::111122223333:role/belay-plan',
  state: { bucket: 'artifacts', key: '7/state/dev/app.tfstate' },
  destroy: false,
});

export async function jobWorld(spec: JobSpec, item: Partial<JobItem> = {}) {
  const job = `7/releases/20261121-c0ffee1-1/dev/app/${spec.stage}/job-1-0.json`;
  const ledger = ledgerMemory();
  const bound: JobItem = {
    nonceHash: NONCE_HASH,
    stage: spec.stage,
    jobId: 'batch-1',
    ended: false,
    ...item,
  };
  await ledger.put({ pk: `job/${job}`, sk: 'job' }, bound);
  await ledger.put(
    { pk: '7/environment/dev', sk: 'environment' },
    { version: 1, fence: 1, seq: 1, queue: [], answers: [], writers: {}, attempted: {} },
  );
  const pass = spec.pass === 'deploy' ? 'outcome' : spec.pass;
  await ledger.put(
    { pk: '7/release/20261121-c0ffee1-1', sk: `${pass}/dev/app` },
    {
      environment: 'dev',
      component: 'app',
      attempt: 1,
      affected: 'changed',
      progress: 'planning',
      reason: '',
    },
  );
  return {
    ledger,
    objects: objectsMemory({ [job]: JSON.stringify(spec) }),
    proof: { job, nonce: NONCE, jobId: 'batch-1' },
  };
}
