/** Comments on a pull request through the whole local twin: signed delivery, rule, function, and the answer on GitHub. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { asking, waiting } from '../support/asking.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import { twin } from '../support/shared-twin.ts';
import { outcomesOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';

test.concurrent('whoever may approves in a comment; everybody else is told why not, bots nothing', async () => {
  const github = join(twin.folder, 'state/github');
  const people = { mira: 'admin', ada: 'maintain', bob: 'write', ron: 'read' };
  writeFileSync(join(github, 'permissions.json'), JSON.stringify(people));
  writeFileSync(join(github, 'teams.json'), JSON.stringify({ 'acme/platform': ['Ada'] }));
  const { repository, commit } = asking(twin, 'commented', { approvers: ['acme/platform'] });
  commit('one\n');
  const receipt = await twin.world.push({ directory: repository.directory });
  const release = await waiting(twin, receipt);

  const { directory } = repository;
  const approve = '/belay approve dev/one';
  const say = (by: string, body: string) => twin.world.comment({ directory, by, body });
  const answered = async (by: string, body: string, replies: number) => {
    const comment = await say(by, body);
    await until(`the answer to ${by}`, async () => {
      const answer = await twin.world.answersTo(comment);
      return /[+-]1/.test(answer.reactions.at(-1) ?? '') && answer.replies.length >= replies;
    });
    return comment;
  };
  const comments = [
    await say('helper[bot]', approve),
    await answered('eve', approve, 0),
    await answered('ron', approve, 1),
    await answered('bob', approve, 1),
    await answered('mira', approve, 1),
    await answered('ada', approve, 0),
  ];
  const report = await twin.ended(receipt);
  expect([report.verdict, outcomesOf(report)]).toEqual([
    'succeeded',
    { 'dev/one': 'applied', 'dev/two': 'applied' },
  ]);
  comments.push(await answered('ron', '/belay status', 1));

  // Looked at last, so that what the bus delivered twice would show.
  const answers = await Promise.all(comments.map((comment) => twin.world.answersTo(comment)));
  expect(answers.map(({ reactions, replies }) => [reactions.at(-1), ...replies])).toEqual([
    [undefined],
    ['-1'],
    ['-1', `- \`${approve}\`: ron may only read local/commented: this needs write access`],
    ['-1', `- \`${approve}\`: bob is not among the approvers: acme/platform may decide`],
    ['-1', expect.stringContaining('mira pushed this change and may not approve it')],
    ['+1'],
    ['+1', expect.stringContaining(`Release \`${release}\` of`)],
  ]);
});

test.concurrent('a pull request is planned once more on command', async () => {
  const repository = twin.repository('planned');
  const { directory, git } = repository;
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('planned')) },
      components: { one: fileComponent('one') },
    }),
    ...fileComponents({ one: 'one\n' }),
  });
  git('checkout', '--quiet', '-b', 'more');
  repository.commit(fileComponents({ one: 'more\n' }));
  const { number, ...opened } = await twin.world.pull({ directory, ref: 'more' });
  expect(outcomesOf(await twin.ended(opened))).toEqual({ 'dev/one': 'planned' });
  const said = await twin.world.comment({ directory, pull: number, by: 'ada', body: '/belay plan' });
  const again = await twin.ended({ ...opened, delivery: `comment-${said.repository}-${said.comment}-1` });
  expect([again.verdict, outcomesOf(again)]).toEqual(['succeeded', { 'dev/one': 'planned' }]);
  expect(readFileSync(twin.deployed('planned', 'calls'), 'utf8')).toBe('plan one\nplan one\n');
  expect(existsSync(twin.deployed('planned', 'one'))).toBe(false);
  await until('a thumb', async () => (await twin.world.answersTo(said)).reactions.at(-1) === '+1');
});
