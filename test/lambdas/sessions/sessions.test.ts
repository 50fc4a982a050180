import { expect, test } from '@jest/globals';
import { sessions as contract } from '../../../core/contracts/job-services.ts';
import type { SessionOrder } from '../../../core/job-sessions.ts';
import type { JobItem } from '../../../core/ledger/work-items.ts';
import type { Stage } from '../../../core/words.ts';
import { sessions } from '../../../lambdas/sessions/sessions.ts';
import { jobWorld, specOf } from '../../support/job-world.ts';

const SESSION = {
  accessKeyId: 'ASIA',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration: '2026-11-21T09:00:00.000Z',
};

async function world(stage: Stage, item: Partial<JobItem> = {}) {
  const job = await jobWorld(specOf(stage), item);
  const opened: SessionOrder[] = [];
  const ports = {
    ...job,
    stateRole: 'arn:aws:iam::123456789012:role/belay-state',
    sessions: {
      async open(order: SessionOrder) {
        opened.push(order);
        return SESSION;
      },
    },
  };
  return { call: contract.handle((request) => sessions(request, ports)), proof: job.proof, opened };
}

test('a running job is given the session its stage needs', async () => {
  const { call, proof, opened } = await world('plan');
  expect(await call({ ...proof, identity: 'state' })).toEqual(SESSION);
  expect(await call({ ...proof, identity: 'environment' })).toEqual(SESSION);
  expect(opened.map(({ role }) => role)).toEqual([
    'arn:aws:iam::123456789012:role/belay-state',
    'arn:aws:iam::111122223333:role/belay-plan',
  ]);
});

test.each<[string, Partial<JobItem>, object, string]>([
  ['with another nonce', {}, { nonce: 'x'.repeat(43) }, 'its nonce is not known'],
  ['that is another Batch job', {}, { jobId: 'batch-2' }, 'its nonce belongs to another Batch job'],
  ['that was not admitted', { jobId: undefined }, {}, 'it has not been admitted yet'],
  ['that has ended', { ended: true }, {}, 'it has ended'],
])('a job %s is given none', async (_, item, change, reason) => {
  const { call, proof, opened } = await world('apply', item);
  await expect(call({ ...proof, ...change, identity: 'state' })).rejects.toThrow(reason);
  expect(opened).toEqual([]);
});

test('a session the stage has no use for is refused by name', async () => {
  const { call, proof } = await world('test');
  await expect(call({ ...proof, identity: 'state' })).rejects.toThrow(
    `opening the state session of ${proof.job}: a test job has nothing to do with the state`,
  );
});
