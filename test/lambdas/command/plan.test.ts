/** Plans of pull requests that somebody asks for: by a comment or a re-run, and of a fork only what was read. */
import { beforeEach, expect, test } from '@jest/globals';
import { command as contract } from '../../../core/contracts/command.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import { command } from '../../../lambdas/command/command.ts';
import { commitOf, REPOSITORY, release, target, type World, world } from '../../support/deployment-world.ts';

const HEAD = commitOf('2');
const AT = '2026-11-20T09:59:00.000Z';
let w: World;
beforeEach(() => {
  w = world();
  w.github.pull = { state: 'open', head: HEAD, base: 'main', fork: false, merged: undefined };
});

const run = (event: object) =>
  contract.handle((input) => command(input, w.ports))({ repository: REPOSITORY, by: 'mira', ...event });

async function answerTo(more: object = {}, commit?: string) {
  const event = { action: 'comment', delivery: 'guid', pull: 3, comment: 100, at: AT };
  await run({ ...event, orders: [{ verb: 'plan', ...(commit && { commit }) }], problems: [], ...more });
  return (await w.ledger.get(ledgerKeys.comment(7, 100)))?.answer;
}

/** What the ledger knows of the pull request from GitHub's own events. */
const known = (head: string, at: string) =>
  w.ledger.put(ledgerKeys.pull(7, 3), { version: 1, number: 3, head, at, release: '20261120-2222222-1' });

const planOf = (request: string, fork: boolean) => ({
  operation: 'plan',
  request,
  repository: REPOSITORY,
  commit: HEAD,
  by: 'mira',
  pull: { number: 3, head: HEAD, base: 'main', fork },
});
const refusal = (why: string) => ({ reaction: '-1', text: `- \`/belay plan\`: ${why}` });

test('a comment plans the head that is there, once, with a thumb and no words', async () => {
  expect(await answerTo()).toEqual({ reaction: '+1' });
  await answerTo();
  expect(w.published).toEqual([planOf('comment-7-100-1', false)]);
});

test.each([
  ['merged', { state: 'closed', merged: commitOf('3') }, 'pull request 3 is merged'],
  ['closed', { state: 'closed' }, 'pull request 3 is closed'],
  ['for another branch', { base: 'next' }, 'pull request 3 is for next: only those for main are planned'],
])('one that is %s is not planned', async (_, more, why) => {
  Object.assign(w.github.pull, more);
  expect(await answerTo()).toEqual(refusal(why));
  expect(w.published).toEqual([]);
});

test('who may only read lets nothing run', async () => {
  w.github.permissions.set('mira', 'read');
  expect(await answerTo()).toEqual(refusal('mira may only read acme/shop: this needs write access'));
  expect(w.published).toEqual([]);
});

test('of a fork exactly the head is planned that was there before the comment was written', async () => {
  w.github.pull = { ...w.github.pull, fork: true };
  await known(HEAD, '2026-11-20T09:58:59.000Z');
  expect(await answerTo({}, '2222222')).toEqual({
    reaction: '+1',
    text: '- `/belay plan 2222222`: plan of pull request 3 at 2222222, asked for by mira, begins',
  });
  expect(w.published).toEqual([planOf('comment-7-100-1', true)]);
});

test.each([
  [
    'a fork, without saying which',
    true,
    undefined,
    'this is from a fork: read 2222222, then comment /belay plan 2222222',
  ],
  [
    'a fork, at a head that is no more',
    true,
    '1111111',
    'the head of this pull request is 2222222 by now: read it',
  ],
  [
    'a branch, at a head that is no more',
    false,
    '1111111',
    'the head of this pull request is 2222222 by now: read it',
  ],
])('what somebody has not read is not planned: %s', async (_, fork, commit, why) => {
  w.github.pull = { ...w.github.pull, fork };
  await known(HEAD, '2026-11-20T09:58:00.000Z');
  expect(await answerTo({}, commit)).toMatchObject({ reaction: '-1', text: expect.stringContaining(why) });
  expect(w.published).toEqual([]);
});

test.each([
  [
    'in the second of the comment',
    HEAD,
    AT,
    'was changed after that was written: read 2222222 and comment again',
  ],
  ['after it', HEAD, '2026-11-20T09:59:01.000Z', 'was changed after that was written: read 2222222'],
  ['and we were not told yet', commitOf('1'), '2026-11-20T09:58:00.000Z', 'has no check yet: read it, wait'],
])('a fork that was pushed to %s is not planned: nobody has read it', async (_, head, at, why) => {
  w.github.pull = { ...w.github.pull, fork: true };
  await known(head, at);
  expect(await answerTo({}, '2222222')).toMatchObject({ reaction: '-1', text: expect.stringContaining(why) });
  expect(w.published).toEqual([]);
});

test('a fork that Belay has never heard of is not planned', async () => {
  w.github.pull = { ...w.github.pull, fork: true };
  expect(await answerTo({}, '2222222')).toMatchObject({
    reaction: '-1',
    text: expect.stringContaining('has no check yet'),
  });
  expect(w.published).toEqual([]);
});

test.each([
  ['succeeded', false, 'plan of pull request 3 at 2222222, asked for by mira, begins'],
  ['waiting', false, 'plan of pull request 3 at 2222222, asked for by mira, begins'],
  ['waiting', true, 'what comes from a fork is planned when somebody comments /belay plan 2222222'],
  [undefined, false, /^release \S+ is under way$/],
])('a re-run of a plan that is %s, of a fork: %p', async (verdict, fork, message) => {
  const ref = await release(w, { environments: { dev: [target('app')] } });
  const { pull } = planOf('', fork);
  const set = { pull: { ...pull, head: ref.commit }, ...(verdict !== undefined && { verdict }) };
  await w.ledger.update(ledgerKeys.release(7, ref.id), { set });
  const answer = await run({ action: 're-run', delivery: 'guid-9', commit: ref.commit, check: ref.id });
  const isPlanned = verdict !== undefined && !fork;
  expect(answer).toMatchObject({
    accepted: isPlanned,
    message:
      typeof message === 'string'
        ? message.replace('2222222', ref.commit.slice(0, 7))
        : expect.stringMatching(message),
  });
  expect(w.published).toMatchObject(
    isPlanned ? [{ operation: 'plan', request: `re-run-7-${ref.id}`, commit: ref.commit }] : [],
  );
});
