import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { heardIn } from '../../core/conversation.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/github/${name}.json`, import.meta.url), 'utf8'));
const repository = { id: 861234567, fullName: 'acme/shop', defaultBranch: 'main' };
const commit = 'c0ffee1234567890abcdef1234567890abcdef12';
const always = { delivery: 'guid-1', repository, by: 'mira-lind' };

test('a comment becomes a small event, without its text', () => {
  expect(heardIn('issue_comment', 'guid-1', fixture('issue-comment'))).toEqual({
    heard: {
      action: 'comment',
      ...always,
      pull: 41,
      comment: 3561234567,
      at: '2026-11-21T08:00:00.000Z',
      orders: [{ verb: 'approve', environment: 'dev', component: 'app' }],
      problems: [],
    },
  });
});

test('a button and a re-run become small events', () => {
  const on = { ...always, commit, check: '20261121-c0ffee1-1/dev/app' };
  const run = fixture('check-run');
  expect(heardIn('check_run', 'guid-1', run)).toEqual({
    heard: { action: 'press', ...on, button: 'approve:0123456789ab' },
  });
  const { requested_action: _, ...rerun } = run;
  expect(heardIn('check_run', 'guid-1', { ...rerun, action: 'rerequested' })).toEqual({
    heard: { action: 're-run', ...on },
  });
  expect(heardIn('check_suite', 'guid-1', fixture('check-suite'))).toEqual({
    heard: { action: 're-run', ...always, commit },
  });
});

describe('nobody answers', () => {
  const comment = fixture('issue-comment');
  const bot = { ...comment.sender, login: 'helper[bot]', type: 'Bot' };
  test.each([
    ['an edit', { ...comment, action: 'edited' }, 'a comment that was edited is not read again'],
    ['a deletion', { ...comment, action: 'deleted' }, 'a comment that was deleted is not read again'],
    ['a bot', { ...comment, sender: bot }, 'helper[bot] is no person but a Bot: only people are listened to'],
    [
      'what a bot wrote',
      { ...comment, comment: { ...comment.comment, user: bot } },
      'helper[bot] is no person but a Bot: only people are listened to',
    ],
    [
      'talk',
      { ...comment, comment: { ...comment.comment, body: 'I would /belay approve' } },
      'the comment has no command',
    ],
    [
      'an empty comment',
      { ...comment, comment: { ...comment.comment, body: null } },
      'the comment has no command',
    ],
    ['an issue', { ...comment, issue: { number: 41 } }, 'commands are taken on pull requests only'],
  ])('%s', (_, payload, ignored) => {
    expect(heardIn('issue_comment', 'guid-1', payload)).toEqual({ ignored });
  });

  const run = fixture('check-run');
  test.each([
    [
      'a run that was created',
      { ...run, action: 'created' },
      'a check run that was created asks for nothing',
    ],
    ['a bot', { ...run, sender: bot }, 'helper[bot] is no person but a Bot: only people are listened to'],
  ])('%s', (_, payload, ignored) => {
    expect(heardIn('check_run', 'guid-1', payload)).toEqual({ ignored });
  });

  const suite = fixture('check-suite');
  test.each([
    [
      'a suite that was asked for',
      { ...suite, action: 'requested' },
      'a check suite that was requested asks for nothing',
    ],
    ['a bot', { ...suite, sender: bot }, 'helper[bot] is no person but a Bot: only people are listened to'],
  ])('%s', (_, payload, ignored) => {
    expect(heardIn('check_suite', 'guid-1', payload)).toEqual({ ignored });
  });
});

test('a mistake is passed on as what is answered to it', () => {
  const payload = fixture('issue-comment');
  payload.comment.body = '/belay aprove';
  expect(heardIn('issue_comment', 'guid-1', payload)).toMatchObject({
    heard: {
      orders: [],
      problems: ['`/belay aprove`: there is no command `aprove`; did you mean `approve`?'],
    },
  });
});

test('a payload that is not as documented is a problem with every field named', () => {
  expect(
    heardIn('check_run', 'guid-1', { ...fixture('check-run'), check_run: { head_sha: 'HEAD' }, sender: {} }),
  ).toEqual({
    problem: expect.stringMatching(
      /^sender\.login: .*sender\.type: .*check_run\.head_sha: not a 40-digit commit id$/,
    ),
  });
  const { requested_action: _, ...run } = fixture('check-run');
  expect(heardIn('check_run', 'guid-1', run)).toEqual({ problem: 'requested_action: is missing' });
});
