/** What the page shows of the records of a GitHub, and which deliveries its forms become; without a browser. */
import { expect, test } from '@jest/globals';
import { rollup } from '../../../local/page/marks.ts';
import { commit, git } from '../github/support.ts';
import { filledGitHub, ID } from './filled.ts';

type World = Awaited<ReturnType<typeof filledGitHub>>;

/** The words of a page, without its tags. */
async function words({ twin }: World, path: string): Promise<string> {
  const answer = await twin.page({ method: 'GET', path, form: {}, login: 'mira' });
  if (!('document' in answer)) throw new Error(`${path} leads to ${answer.location}`);
  return answer.document
    .replace(/^[\s\S]*<main/, '<main')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const send = ({ twin }: World, path: string, form: Record<string, string> = {}) =>
  twin.page({ method: 'POST', path, form, login: 'mira' });

test('repositories, commits and pull requests, each with the sign of its checks', async () => {
  const world = await filledGitHub();
  expect(await words(world, '/')).toContain('local/shop first');
  expect(await words(world, '/local/shop')).toMatch(
    /Commits on main first Ada committed just now 1\/1 All checks have passed belay Successful in 1 min 5 s 2 targets: 2 applied/,
  );
  expect(await words(world, '/LOCAL/Shop/commits/bigger')).toContain(
    'Commits on bigger A bigger &lt;machine&gt;',
  );
  expect(await words(world, '/local/shop/pulls')).toContain(
    'A bigger &lt;machine&gt; #1 by ada · main ← bigger',
  );
  expect(await words(world, '/local/shop/pulls?state=closed')).toContain('1 Open 0 Closed There are none.');
});

test('a pull request: who wants what, its commits, the comment, the checks, and whether it can be merged', async () => {
  const world = await filledGitHub();
  const shown = await words(world, '/local/shop/pull/1');
  expect(shown).toContain(
    'A bigger &lt;machine&gt; #1 Open ada wants to merge 1 commit into main from bigger',
  );
  expect(shown).toMatch(
    /belay bot commented .* What merging this would change target change dev\/app 1 to add/,
  );
  expect(shown).not.toContain('belay plans this');
  expect(shown).toContain('Some checks wait for an answer 1 waiting for an answer, 1 in progress checks');
  expect(shown).toContain('This branch has no conflicts with main');
  commit(world.directory, 'another way', { 'a/main.tf': '3' });
  await world.github.receivePush({ directory: world.directory });
  expect(await words(world, '/local/shop/pull/1')).toContain(
    'This branch has conflicts that must be resolved',
  );
  expect(await send(world, '/local/shop/pull/1/merge')).toMatchObject({
    status: 500,
    document: expect.stringContaining('bigger has conflicts with main; merge main into it and push it'),
  });
});

test('a check run: its words, annotations and buttons; an older one points at the newest', async () => {
  const world = await filledGitHub();
  const path = `/local/shop/runs/${world.asking}`;
  const shown = await words(world, path);
  expect(shown).toMatch(
    /belay\/dev\/app Action required · completed 1 minute ago · \w{7} · A bigger &lt;machine&gt; #1/,
  );
  expect(shown).toContain('Approve Reject Cancel Re-run waiting for approval: every change must be approved');
  expect(shown).toContain(
    'dev/app would destroy it a/main.tf , line 3 Its data &lt;b&gt;would&lt;/b&gt; be gone.',
  );
  expect(shown).toContain('&lt;script&gt;document.title = &#39;taken&#39;&lt;/script&gt;');
  const newer = await world.run('belay/dev/app', { status: 'in_progress' });
  const older = await words(world, path);
  expect(older).toContain('There is a newer run of this check.');
  expect(older).not.toContain('Approve');
  expect(await words(world, `/local/shop/runs/${newer}`)).toContain('belay/dev/app In progress · started');
});

test('where there is nothing, that is said', async () => {
  const world = await filledGitHub();
  const paths = ['/other/shop', '/local/shop/pull/9', '/local/shop/runs/99', '/local/shop/commit/main', '/%'];
  for (const path of paths) {
    const answer = await world.twin.page({ method: 'GET', path, form: {}, login: 'mira' });
    expect(answer).toMatchObject({ status: 404 });
  }
  expect(await send(world, '/local/shop/settings')).toMatchObject({ status: 404 });
});

test('a button presses the very run and change it was shown with, even if there is a newer one', async () => {
  const world = await filledGitHub();
  await world.run('belay/dev/app', { status: 'in_progress' });
  const path = `/local/shop/runs/${world.asking}/press`;
  expect(await send(world, path, { identifier: 'approve:0123456789ab', label: 'Approve' })).toEqual({
    location: `/local/shop/runs/${world.asking}?sent=Approve`,
  });
  expect(await world.heard()).toMatchObject({
    event: 'check_run',
    payload: {
      ...{ action: 'requested_action', requested_action: { identifier: 'approve:0123456789ab' } },
      check_run: {
        id: world.asking,
        name: 'belay/dev/app',
        head_sha: world.head,
        external_id: 'r1/belay/dev/app',
      },
      ...{ repository: { id: ID, full_name: 'local/shop' }, sender: { login: 'mira', type: 'User' } },
    },
  });
  await send(world, path);
  expect(await world.heard()).toMatchObject({
    payload: { action: 'rerequested', check_run: { id: world.asking } },
  });
  await send(world, `/local/shop/commit/${world.head}/re-run`);
  expect(await world.heard()).toMatchObject({ event: 'check_suite', payload: { action: 'rerequested' } });
});

test('a comment is heard as it was written, on a pull request or on the commit that it became', async () => {
  const world = await filledGitHub();
  expect(await send(world, '/local/shop/pull/1/comment', { body: '/belay approve dev\r\nplease' })).toEqual({
    location: '/local/shop/pull/1#issuecomment-2',
  });
  expect(await world.heard()).toMatchObject({
    event: 'issue_comment',
    payload: {
      issue: { number: 1 },
      comment: { body: '/belay approve dev\nplease', user: { login: 'mira' } },
    },
  });
  expect(await send(world, `/local/shop/commit/${world.main}/comment`, { body: '/belay status' })).toEqual({
    location: '/local/shop/pull/2#issuecomment-3',
  });
  expect(await send(world, '/local/shop/pull/1/comment', { body: ' ' })).toMatchObject({ status: 422 });
});

test('a merge is a commit of both, delivered as a push and as a closed pull request', async () => {
  const world = await filledGitHub();
  expect(await send(world, '/local/shop/pull/1/merge')).toEqual({ location: '/local/shop/pull/1' });
  const [pull, push] = world.payloads().slice(-2);
  expect(pull).toMatchObject({
    action: 'closed',
    pull_request: { merged: true, merge_commit_sha: push.after },
  });
  expect(push).toMatchObject({ ref: 'refs/heads/main', before: world.main, pusher: { name: 'mira' } });
  const bare = world.bare;
  expect(git(bare, 'show', '--no-patch', '--format=%P %s', push.after)).toBe(
    `${world.main} ${world.head} Merge pull request #1 from bigger`,
  );
  const shown = await words(world, '/local/shop/pull/1');
  expect(shown).toContain(`Merged as ${push.after.slice(0, 7)} into main`);
  expect(shown).toContain(`git -C ${world.directory} pull ${bare} main`);
  expect(await send(world, '/local/shop/pull/1/merge')).toMatchObject({
    status: 422,
    document: expect.stringContaining('Merging #1: it is not open any more.'),
  });
});

test('people say who they are; nobody is led elsewhere', async () => {
  const world = await filledGitHub();
  const signIn = (form: Record<string, string>) => send(world, '/-/login', form);
  expect(await signIn({ login: 'ada-b', back: '/local/shop' })).toEqual({
    location: '/local/shop',
    login: 'ada-b',
  });
  expect(await signIn({ login: 'helper[bot]', back: '//evil.example' })).toEqual({
    location: '/',
    login: 'helper[bot]',
  });
  expect(await signIn({ login: 'ada; Path=/' })).toMatchObject({ status: 422 });
});

test('what the checks of a commit come to together', () => {
  const of = (...states: readonly ('success' | 'failure' | 'attention' | 'queued' | 'skipped')[]) =>
    rollup(states.map((state) => ({ name: state, state, said: '', title: '' })));
  expect(of()).toBeUndefined();
  expect(of('success', 'skipped')).toEqual({
    ...{ state: 'success', title: 'All checks have passed' },
    ...{ counts: '1 successful, 1 skipped checks', fraction: '2/2' },
  });
  expect(of('success', 'queued')).toMatchObject({
    state: 'progress',
    title: 'Some checks haven’t completed yet',
  });
  expect(of('attention', 'queued')).toMatchObject({ state: 'attention', fraction: '0/2' });
  expect(of('failure', 'attention')).toMatchObject({
    state: 'failure',
    title: 'Some checks were not successful',
  });
  expect(of('failure')).toMatchObject({ title: 'All checks have failed', counts: '1 failing check' });
});
