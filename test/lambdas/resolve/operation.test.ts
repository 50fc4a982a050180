/** A rollback to a commit that a person asked for, as the first step of a release sees it. Destroys: `test/lambdas/operations.test.ts`. */
import { expect, test } from '@jest/globals';
import type { OperationRequested } from '../../../core/contracts/operation.ts';
import { gitMemory } from '../../support/git-memory.ts';
import { COMMIT, FILES, push, REPOSITORY, world } from './world.ts';

const rollback = (change: object = {}): OperationRequested => ({
  operation: 'rollback',
  request: 'request-1',
  repository: { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: COMMIT,
  environment: 'prod',
  by: 'mira',
  ...change,
});

test('the commit is fetched, and only the environment that was named is brought to it', async () => {
  const { run, item, objects } = world(gitMemory(FILES));
  const id = '20261121-c0ffee1-1';
  expect(await run('arn:1', rollback())).toEqual({
    decision: 'deploy',
    release: { id, repository: REPOSITORY, commit: COMMIT },
    environments: ['prod'],
  });
  expect(await item(`${REPOSITORY}/release/${id}`, 'release')).toMatchObject({
    ...{ operation: 'rollback', older: true, sender: 'mira', branch: 'main', environments: ['prod'] },
    reason: 'rollback of prod to c0ffee1, asked for by mira',
  });
  const document = JSON.parse(`${objects.objects.get(`${REPOSITORY}/releases/${id}/release.json`)}`);
  expect(document).toMatchObject({ operation: 'rollback', environments: [{ name: 'prod' }] });
  expect(document.environments).toHaveLength(1);
  expect(await item('delivery/request-1', 'delivery')).toMatchObject({ state: 'resolved', release: id });
});

test('it is the commit’s newest release from then on, and served once', async () => {
  const { run, item } = world(gitMemory(FILES));
  await run('arn:1', push());
  await run('arn:2', rollback());
  expect(await item(`${REPOSITORY}/commit/${COMMIT}`, 'commit')).toMatchObject({
    release: '20261121-c0ffee1-2',
  });
  expect(await run('arn:3', rollback())).toEqual({
    decision: 'end',
    verdict: 'nothing-to-do',
    reason: 'delivery request-1 is already served by release 20261121-c0ffee1-2',
  });
});

test('an environment that the commit did not have yet is refused', async () => {
  expect(await world(gitMemory(FILES)).run('arn:1', rollback({ environment: 'stage' }))).toEqual({
    decision: 'end',
    verdict: 'refused',
    reason: 'the manifest of c0ffee1 has no environment stage',
  });
});
