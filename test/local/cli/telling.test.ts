/** How the demo speaks, and that it says nothing that is not so. */
import { expect, test } from '@jest/globals';
import { StoryBroken, Telling } from '../../../local/cli/demo/telling.ts';
import { viewOf } from '../../../local/cli/release-view.ts';
import { failed, running } from './records.ts';

function listening(isTTY: boolean) {
  let told = '';
  const output = {
    isTTY,
    write(text: string) {
      told += text;
    },
  };
  return { telling: new Telling(output, {}), told: () => told };
}

test('what is not so is not said: the story ends there, with what was found', () => {
  const { telling, told } = listening(false);
  telling.fact('prod waits for a person', true, 'success');
  expect(() => telling.fact('prod is untouched', false, 'changed: prod/web')).toThrow(
    new StoryBroken('expected: prod is untouched; found: changed: prod/web'),
  );
  expect(told()).toBe('   ✓ prod waits for a person\n');
});

test('checks as a commit shows them, with their buttons', () => {
  const { telling, told } = listening(false);
  const page = { summary: '', details: '' };
  telling.checks([
    { ...page, name: 'belay', state: 'in_progress', title: '0 of 1 targets done', buttons: [] },
    {
      ...page,
      name: 'belay/dev/a',
      state: 'action_required',
      title: 'waits',
      buttons: ['Approve', 'Reject'],
    },
  ]);
  expect(told()).toBe(
    [
      '   belay        in_progress      0 of 1 targets done',
      '   belay/dev/a  action_required  waits [Approve] [Reject]',
      '',
      '',
    ].join('\n'),
  );
});

test('without a terminal an environment is told once it has ended; on one the view goes away again', () => {
  const plain = listening(false);
  const screen = plain.telling.screen();
  for (const records of [running, failed, failed]) screen.show(viewOf(records), new Date());
  screen.clear();
  expect(plain.told()).toBe('   … dev: failed\n   … prod: skipped\n');

  const { telling, told } = listening(true);
  const live = telling.screen();
  live.show(viewOf(failed), new Date());
  live.clear();
  expect(told()).toContain('release 20261121-1a2b3c4-1');
  expect(told().endsWith('\x1b[9F\x1b[0J')).toBe(true);
});
