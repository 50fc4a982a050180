/** Belay's Markdown as a terminal shows it. */
import { expect, test } from '@jest/globals';
import { textOf } from '../../../local/cli/markdown-text.ts';

test('a comment: tables in columns, marks and what GitHub hides left out, code and escapes as they are meant', () => {
  const comment = [
    '### What merging this would change',
    '',
    '**A person will be asked** before this is applied:',
    '',
    '- `prod/my_app`: it would replace aws\\_db\\_instance.main \\(x\\)',
    '',
    '| target | outcome | change |  |',
    '| --- | --- | --- | --- |',
    '| `dev/my_app` | planned | 1 to replace |  |',
    '| `dev/b` | unchanged |  |  |',
    '',
    '_…and 3 more targets_',
    '',
    '<!-- belay plans this since 2026-11-21T08:00:00.000Z -->',
  ].join('\n');
  expect(textOf(comment)).toEqual([
    'What merging this would change',
    '',
    'A person will be asked before this is applied:',
    '',
    '- prod/my_app: it would replace aws_db_instance.main (x)',
    '',
    'target      outcome    change',
    'dev/my_app  planned    1 to replace',
    'dev/b       unchanged',
    '',
    '…and 3 more targets',
  ]);
});

test('a plan stands as it is, also with a fence in it', () => {
  const details = '### Replace (1)\n````diff\n-/+ a_b.`c`\n```\n| not | a table |\n````';
  expect(textOf(details)).toEqual(['Replace (1)', '-/+ a_b.`c`', '```', '| not | a table |']);
});
