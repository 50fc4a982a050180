import { expect, test } from '@jest/globals';
import { secrets as contract } from '../../../core/contracts/job-services.ts';
import type { JobItem } from '../../../core/ledger/work-items.ts';
import { secrets } from '../../../lambdas/secrets/secrets.ts';
import { jobWorld, NONCE, specOf } from '../../support/job-world.ts';

const VAULT: Record<string, string> = {
  'belay/acme/shop/app/db-password': 'hunter2-hunter2',
  'belay/acme/shop/api-key': 'k-123456',
  'belay/acme/shop/other': 'of another component',
  'belay/acme/blog/api-key': 'of another repository',
};

async function world(wanted: Record<string, string>, item: Partial<JobItem> = {}) {
  const job = await jobWorld(specOf('plan', { secrets: wanted }), item);
  const asked: string[] = [];
  const call = contract.handle((proof) =>
    secrets(proof, {
      ...job,
      secrets: {
        async get(id) {
          asked.push(id);
          return VAULT[id];
        },
      },
    }),
  );
  return { call, proof: job.proof, asked, objects: job.objects };
}

test("a running job gets its target's secrets by variable, and no others", async () => {
  const { call, proof } = await world({ DB_PASSWORD: 'app/db-password', API_KEY: 'api-key' });
  expect(await call(proof)).toEqual({ values: { DB_PASSWORD: 'hunter2-hunter2', API_KEY: 'k-123456' } });
});

test.each<[string, object, Partial<JobItem>, RegExp]>([
  ['another nonce', { nonce: NONCE.replace('a', 'b') }, {}, /its nonce is not known/],
  ['another Batch job', { jobId: 'batch-2' }, {}, /its nonce belongs to another Batch job/],
  [
    'another spec',
    { job: '7/releases/20261121-c0ffee1-1/prod/app/plan/job.json' },
    {},
    /its nonce is not known/,
  ],
  ['a job that has ended', {}, { ended: true }, /it has ended/],
  ['a job not admitted', {}, { jobId: undefined }, /not been admitted/],
])('%s gets nothing: Secrets Manager is not even asked', async (_, change, item, reason) => {
  const { call, proof, asked } = await world({ DB_PASSWORD: 'app/db-password' }, item);
  await expect(call({ ...proof, ...change })).rejects.toThrow(reason);
  expect(asked).toEqual([]);
});

test('every missing secret is named, with its variable and what to do; values and nonce are in no error', async () => {
  const { call, proof, objects } = await world({ DB_PASSWORD: 'app/db-password', A: 'nope/a', B: 'nope/b' });
  const failure = await call(proof).catch((error: Error) => error.message);
  expect(failure).toContain('dev/app');
  for (const [variable, name] of [
    ['A', 'nope/a'],
    ['B', 'nope/b'],
  ]) {
    expect(failure).toContain(`secret ${name} (for ${variable})`);
    expect(failure).toContain(`aws secretsmanager create-secret --name belay/acme/shop/${name}`);
  }
  expect(failure).not.toContain('hunter2');
  expect(failure).not.toContain(NONCE);
  objects.objects.clear();
  const withoutSpec = await call(proof).catch((error: Error) => error.message);
  expect(withoutSpec).toContain('its spec is no longer');
  expect(withoutSpec).not.toContain(NONCE);
});
