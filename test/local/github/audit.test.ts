/** What the recording GitHub keeps besides checks: pull requests, comments, deployments, refs and commits. */
import { expect, test } from '@jest/globals';
import { appWorld } from './app-world.ts';

test('pull requests, comments and reactions', async () => {
  const { call, github, head } = await appWorld({ issues: 'write', pull_requests: 'read' });
  github.discussions.open({
    repository: 100000001,
    title: 'Bigger',
    user: 'mira',
    head: 'main',
    base: 'main',
  });
  expect((await call('GET', '/repos/local/shop/pulls?head=local:main')).body).toMatchObject([
    { number: 1, title: 'Bigger', head: { sha: head }, user: { login: 'mira' } },
  ]);
  expect(await call('GET', '/repos/local/shop/pulls/2')).toMatchObject({ status: 404 });
  const comments = '/repos/local/shop/issues/1/comments';
  expect(await call('POST', comments, { body: 'x'.repeat(65_537) })).toMatchObject({
    status: 422,
    body: { errors: [{ message: 'body is too long (maximum is 65536 characters)' }] },
  });
  expect(await call('POST', comments, { body: 'a plan' })).toMatchObject({ status: 201, body: { id: 1 } });
  await call('PATCH', '/repos/local/shop/issues/comments/1', { body: 'another plan' });
  expect((await call('GET', comments)).body).toMatchObject([{ body: 'another plan', user: { type: 'Bot' } }]);
  const react = () => call('POST', '/repos/local/shop/issues/comments/1/reactions', { content: 'rocket' });
  expect([(await react()).status, (await react()).status]).toEqual([201, 200]);
});

test('deployments: no merge, no required contexts, and older ones become inactive', async () => {
  const { call, head } = await appWorld({ deployments: 'write' });
  const at = '/repos/local/shop/deployments';
  const order = { ref: head, environment: 'dev', auto_merge: false, required_contexts: [] };
  expect(await call('POST', at, { ...order, auto_merge: true })).toMatchObject({ status: 409 });
  expect(await call('POST', at, { ref: head, auto_merge: false })).toMatchObject({ status: 409 });
  for (const id of [1, 2]) {
    expect(await call('POST', at, order)).toMatchObject({ status: 201, body: { id, sha: head } });
    await call('POST', `${at}/${id}/statuses`, { state: 'success', description: 'applied' });
  }
  const states = async (id: number) =>
    (await call('GET', `${at}/${id}/statuses`)).body.map(({ state }: { state: string }) => state);
  expect([await states(1), await states(2)]).toEqual([['inactive', 'success'], ['success']]);
  expect((await call('GET', `${at}?environment=dev`)).body).toMatchObject([{ id: 2 }, { id: 1 }]);
});

test('what is not there: 404 to who reads it, 422 to who moves it or builds on it', async () => {
  const { call, head } = await appWorld({ contents: 'write' });
  const at = '/repos/local/shop/git';
  const nowhere = '0123456789'.repeat(4);
  expect(await call('GET', `${at}/ref/belay/dev/history`)).toMatchObject({ status: 404 });
  expect(await call('GET', `${at}/commits/${nowhere}`)).toMatchObject({ status: 404 });
  const moved = await call('PATCH', `${at}/refs/belay/dev/history`, { sha: head });
  expect(moved).toMatchObject({ status: 422, body: { message: 'Reference does not exist' } });
  const ref = { ref: 'refs/belay/dev/history', sha: nowhere };
  expect(await call('POST', `${at}/refs`, ref)).toMatchObject({ status: 422 });
  const commit = { message: 'an entry', tree: nowhere, parents: [] };
  expect(await call('POST', `${at}/commits`, commit)).toMatchObject({ status: 422 });
});

test('refs and commits are made as the pipeline makes its history', async () => {
  const { call, head } = await appWorld({ contents: 'write' });
  const at = '/repos/local/shop/git';
  const tree = await call('POST', `${at}/trees`, {
    tree: [{ path: 'note', mode: '100644', type: 'blob', content: 'deployed' }],
  });
  const made = await call('POST', `${at}/commits`, {
    message: 'release 1',
    tree: tree.body.sha,
    parents: [head],
  });
  expect(made).toMatchObject({ status: 201, body: { message: 'release 1', parents: [{ sha: head }] } });
  const ref = { ref: 'refs/belay/dev/history', sha: made.body.sha };
  expect(await call('POST', `${at}/refs`, ref)).toMatchObject({ status: 201 });
  expect(await call('POST', `${at}/refs`, ref)).toMatchObject({ status: 422 });
  expect(await call('PATCH', `${at}/refs/belay/dev/history`, { sha: head })).toMatchObject({
    status: 422,
    body: { message: 'Update is not a fast forward' },
  });
  expect(await call('PATCH', `${at}/refs/belay/dev/history`, { sha: head, force: true })).toMatchObject({
    status: 200,
  });
  expect((await call('GET', `${at}/ref/belay/dev/history`)).body).toMatchObject({ object: { sha: head } });
});
