/** What people do on the recording GitHub's pages reaches the webhook as GitHub sends it, and Belay hears it. */
import { expect, test } from '@jest/globals';
import { type CONVERSATIONS, heardIn } from '../../../core/conversation.ts';
import { appWorld } from './app-world.ts';
import { commit, repository } from './support.ts';

const ID = 100000001;
const always = {
  delivery: 'guid',
  repository: { id: ID, fullName: 'local/shop', defaultBranch: 'main' },
  by: 'ada',
};

/** A pushed repository, and what Belay hears of the last delivery. */
async function world() {
  const { github, delivered, call, payloads, head } = await appWorld({
    checks: 'write',
    pull_requests: 'read',
  });
  const directory = github.repositories.byId(ID)?.directory ?? '';
  const heard = () => {
    const event = delivered.at(-1)?.headers['x-github-event'] as (typeof CONVERSATIONS)[number];
    return heardIn(event, 'guid', payloads().at(-1));
  };
  return { github, call, directory, head, heard };
}

test('a comment is on a pull request', async () => {
  const { github, directory, heard } = await world();
  github.discussions.open({ repository: ID, title: 'Bigger', user: 'mira', head: 'bigger', base: 'main' });
  const said = { directory, by: 'ada', body: '/belay approve dev' };
  const { comment } = await github.receiveComment({ ...said, pull: 1 });
  expect(heard()).toEqual({
    heard: {
      action: 'comment',
      ...always,
      ...{ pull: 1, comment: comment.id, at: new Date(comment.created_at).toISOString() },
      ...{ orders: [{ verb: 'approve', environment: 'dev' }], problems: [] },
    },
  });
  await expect(github.receiveComment({ ...said, pull: 9 })).rejects.toThrow(
    'commenting: local/shop has no pull request 9',
  );
  await expect(github.receiveComment({ ...said, directory: repository('other') })).rejects.toThrow(
    'other was never pushed',
  );
});

test('a commit that was pushed without a pull request has the one it would have come by, once', async () => {
  const { github, call, directory, head, heard } = await world();
  const said = { directory, by: 'ada', body: '/belay status' };
  for (const _ of [1, 2]) {
    await github.receiveComment(said);
    expect(heard()).toMatchObject({ heard: { pull: 1 } });
  }
  expect(await call('GET', '/repos/local/shop/pulls/1')).toMatchObject({
    status: 200,
    body: { state: 'closed', merged: true, merge_commit_sha: head, head: { sha: head } },
  });
  commit(directory, 'more', { c: '1' });
  await github.receiveComment(said);
  expect(heard()).toMatchObject({ heard: { pull: 2 } });
});

test('a bot speaks as one', async () => {
  const { github, directory, heard } = await world();
  await github.receiveComment({ directory, by: 'helper[bot]', body: '/belay approve' });
  expect(heard()).toEqual({
    ignored: 'helper[bot] is no person but a Bot: only people are listened to',
  });
});

test('buttons of a completed run are pressed; any is run again, and all of them', async () => {
  const { github, call, directory, head, heard } = await world();
  const press = (button: string, check?: string) =>
    github.receivePress({ directory, sha: head, button, by: 'ada', ...(check !== undefined && { check }) });
  const actions = [{ label: 'Approve', description: 'Apply it', identifier: 'approve:0123456789ab' }];
  const run = { name: 'belay', head_sha: head, external_id: 'r1/dev', actions };
  const { body } = await call('POST', '/repos/local/shop/check-runs', { ...run, status: 'queued' });
  await expect(press('Approve', 'belay')).rejects.toThrow('pressing "Approve": belay has only Re-run');
  const completed = { status: 'completed', conclusion: 'action_required', actions };
  await call('PATCH', `/repos/local/shop/check-runs/${body.id}`, completed);
  const on = { ...always, commit: head };
  await press('Approve', 'belay');
  expect(heard()).toEqual({
    heard: { action: 'press', ...on, check: 'r1/dev', button: 'approve:0123456789ab' },
  });
  await press('Re-run', 'belay');
  expect(heard()).toEqual({ heard: { action: 're-run', ...on, check: 'r1/dev' } });
  await press('Re-run');
  expect(heard()).toEqual({ heard: { action: 're-run', ...on } });
  await expect(press('Approve', 'other')).rejects.toThrow('there is no check other at');
});
