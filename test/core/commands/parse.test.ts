import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  FORMS,
  nameSchema,
  type Order,
  shortCommitSchema,
  VERBS,
  written,
} from '../../../core/commands/order.ts';
import { parseComment } from '../../../core/commands/parse.ts';

const orders = (...them: Order[]) => ({ kind: 'orders', orders: them });
const problems = (...them: string[]) => ({ kind: 'problems', problems: them });
const nothing = { kind: 'nothing' };

test.each<[string, Order]>([
  ['/belay plan', { verb: 'plan' }],
  ['/belay plan c0ffee1', { verb: 'plan', commit: 'c0ffee1' }],
  ['/belay apply', { verb: 'apply', older: false }],
  ['/belay apply --older', { verb: 'apply', older: true }],
  ['/belay apply --older dev', { verb: 'apply', environment: 'dev', older: true }],
  ['/belay destroy dev', { verb: 'destroy', environment: 'dev' }],
  ['/belay destroy dev/app', { verb: 'destroy', environment: 'dev', component: 'app' }],
  ['/belay approve', { verb: 'approve' }],
  ['/belay approve dev', { verb: 'approve', environment: 'dev' }],
  ['/belay\tapprove   dev/app  ', { verb: 'approve', environment: 'dev', component: 'app' }],
  ['/belay reject dev/app', { verb: 'reject', environment: 'dev', component: 'app' }],
  ['/belay cancel', { verb: 'cancel' }],
  ['/belay redrive', { verb: 'redrive', older: false }],
  ['/belay redrive --older', { verb: 'redrive', older: true }],
  ['/belay rollback dev', { verb: 'rollback', environment: 'dev' }],
  ['/belay rollback dev --to 1a2b3c4', { verb: 'rollback', environment: 'dev', to: '1a2b3c4' }],
  ['/belay rollback --to 1a2b3c4 dev', { verb: 'rollback', environment: 'dev', to: '1a2b3c4' }],
  ['/belay unlock dev/app', { verb: 'unlock', environment: 'dev', component: 'app' }],
  ['/belay status', { verb: 'status' }],
  ['/belay status dev/app', { verb: 'status', environment: 'dev', component: 'app' }],
  ['/belay help', { verb: 'help' }],
])('%s', (line, order) => {
  expect(parseComment(line)).toEqual(orders(order));
});

test('the manual has every command, as it is written', () => {
  const manual = readFileSync(new URL('../../../docs/commands.md', import.meta.url), 'utf8');
  const rows = [...manual.matchAll(/^\| `\/belay (.*?)` \|/gm)].map(([, usage]) => usage);
  expect(rows.sort()).toEqual(VERBS.map((verb) => FORMS[verb].usage).sort());
});

test.each([
  ['/belay', 'say what is to be done; `/belay help` lists them'],
  ['/belay aprove dev', 'there is no command `aprove`; did you mean `approve`?'],
  ['/belay deploy', 'there is no command `deploy`; `/belay help` lists them'],
  ['/belay Approve', 'there is no command `Approve`; did you mean `approve`?'],
  ['/Belay approve', 'commands begin with `/belay` and a space; `/belay help` lists them'],
  ['/belayed again', 'commands begin with `/belay` and a space; `/belay help` lists them'],
  ['/belay-approve', 'commands begin with `/belay` and a space; `/belay help` lists them'],
  ['/belay plan dev', 'write `/belay plan [COMMIT]`, COMMIT with at least 7 digits'],
  ['/belay plan c0ffee1 c0ffee2', 'write `/belay plan [COMMIT]`, COMMIT with at least 7 digits'],
  ['/belay approve dev app', 'write `/belay approve [ENV[/COMPONENT]]`'],
  ['/belay approve dev/app/x', 'write `/belay approve [ENV[/COMPONENT]]`'],
  ['/belay destroy', 'write `/belay destroy ENV[/COMPONENT]`'],
  ['/belay rollback dev/app', 'write `/belay rollback ENV [--to COMMIT]`'],
  ['/belay unlock dev', 'write `/belay unlock ENV/COMPONENT`'],
  ['/belay approve dev/', 'write `/belay approve [ENV[/COMPONENT]]`'],
  ['/belay approve Dev', '`Dev` is no name: a letter, then letters, digits and dashes, all small'],
  ['/belay approve @all', '`@all` is no name: a letter, then letters, digits and dashes, all small'],
  ['/belay redrive --odler', 'there is no option `--odler` here; did you mean `--older`?'],
  ['/belay cancel --older', 'there is no option `--older` here; write `/belay cancel`'],
  ['/belay redrive --older --older', '`--older` is there twice; write `/belay redrive [--older]`'],
  [
    '/belay rollback dev --to',
    '`--to` needs the id of a commit, at least its first 7 digits; write `/belay rollback ENV [--to COMMIT]`',
  ],
  [
    '/belay rollback dev --to main',
    '`--to` needs the id of a commit, at least its first 7 digits; write `/belay rollback ENV [--to COMMIT]`',
  ],
])('%s is a mistake', (line, why) => {
  expect(parseComment(line)).toEqual(problems(`\`${line}\`: ${why}`));
});

test('commands stand among other text, each on a line of its own, with the line ends of a browser', () => {
  expect(parseComment('Looks good.\r\n/belay approve dev\r\nand then\r\n/belay status\r\n')).toEqual(
    orders({ verb: 'approve', environment: 'dev' }, { verb: 'status' }),
  );
});

test.each([
  ['no command', 'please approve'],
  ['not at the start of the line', 'I would say /belay approve'],
  ['indented', '  /belay approve'],
  ['a list', '- /belay approve'],
  ['a fence', 'try\n```sh\n/belay approve\n```\nthen'],
  ['a fence of waves in a list', '- try\n  ~~~~\n/belay approve\n  ~~~\n/belay approve\n  ~~~~\n'],
  ['a fence nobody closes', '```\n/belay approve'],
  ['a quotation', '> /belay approve'],
  ['a quotation that goes on', '> they said\n/belay approve\n/belay cancel'],
  ['a comment in HTML', '<!-- a template\n/belay destroy dev\n-->'],
  ['preformatted HTML', '<pre>\n/belay destroy dev\n</pre>'],
  ['preformatted HTML in capitals', '<PRE>\n/belay destroy dev\n</PRE>'],
  ['code in HTML', 'try <code>\n/belay destroy dev\n</code>'],
  ['a comment within what is preformatted', '<pre><!--\n-->\n/belay destroy dev\n</pre>'],
  ['another one that begins where one ends', '<!--\n--> <pre>\n/belay destroy dev\n</pre>'],
  ['a tag over several lines', '<a title="\n/belay destroy dev\n">here</a>'],
  ['a span of code over several lines', 'try `first\n/belay destroy dev\nthen` that'],
  ['a span of two backticks', 'try ``a ` b\n/belay destroy dev\n``'],
  ['a span that a backslash does not keep open', 'try `a\\` `b\n/belay destroy dev\n`'],
  ['a span after an escaped backtick', 'try \\` `b\n/belay destroy dev\n`'],
  ['the title of a link', '[here](https://example.com "so\n/belay destroy dev\n")'],
  ['the title of a definition', '[here]: https://example.com\n"so\n/belay destroy dev\n"'],
  ['a fence right after a quotation', '> they said\n```\n\n/belay destroy dev\n```'],
  ['a fence right after an open span', 'a ` b\n```\n\n/belay destroy dev\n```'],
])('nobody is spoken to: %s', (_, body) => {
  expect(parseComment(body)).toEqual(nothing);
});

test.each([
  ['code on one line', '```no fence```\n/belay approve'],
  ['a fence that was closed', '```\ncode\n```\n/belay approve'],
  ['an empty line ends a quotation', '> they said\n\n/belay approve'],
  ['a comment that ends on its line', '<!-- hm -->\n/belay approve'],
  ['tags, spans and links that end on their line', '<b>a</b> `b` ``c`d`` [e](f_(g) "h")\n/belay approve'],
  ['an escaped backtick', 'a \\` b\n/belay approve'],
  ['an empty line ends what was left open', 'a ` b\n\n/belay approve'],
  ['what is left open on a later line', '/belay approve\na ` b'],
])('what comes after is said again: %s', (_, body) => {
  expect(parseComment(body)).toEqual(orders({ verb: 'approve' }));
});

test('one mistake, and nothing of the comment is done; every mistake is named', () => {
  expect(parseComment('/belay approve dev\n/belay cancle\n/belay unlock')).toEqual(
    problems(
      '`/belay cancle`: there is no command `cancle`; did you mean `cancel`?',
      '`/belay unlock`: write `/belay unlock ENV/COMPONENT`',
    ),
  );
});

test('ten commands are taken, an eleventh is one too many', () => {
  expect(parseComment('/belay help\n'.repeat(10))).toMatchObject({ kind: 'orders' });
  expect(parseComment('/belay help\n'.repeat(11))).toEqual(
    problems('one comment has 11 commands: at most 10 are taken, write a second comment'),
  );
});

test('what is repeated to people is short and stays in its code span', () => {
  const { problems: [problem = ''] = [] } = parseComment(`/belay \`@acme\`${'x'.repeat(500)}`) as {
    problems?: string[];
  };
  expect(problem.length).toBeLessThan(250);
  expect(
    problem
      .split('`')
      .filter((_, index) => index % 2 === 0)
      .join(''),
  ).not.toContain('@');
});

describe('whatever is written', () => {
  const name = fc
    .stringMatching(/^[a-z][a-z0-9-]{0,9}$/)
    .filter((text) => nameSchema.safeParse(text).success);
  const place = fc.oneof(
    fc.record({}),
    fc.record({ environment: name }),
    fc.record({ environment: name, component: name }),
  );
  const commit = fc
    .stringMatching(/^[0-9a-f]{7,40}$/)
    .filter((text) => shortCommitSchema.safeParse(text).success);
  const order: fc.Arbitrary<Order> = fc.oneof(
    fc.constantFrom<Order>({ verb: 'plan' }, { verb: 'cancel' }, { verb: 'help' }),
    fc.record({ verb: fc.constant('redrive' as const), older: fc.boolean() }),
    fc.record(
      { verb: fc.constant('apply' as const), older: fc.boolean(), environment: name },
      { requiredKeys: ['verb', 'older'] },
    ),
    fc.record(
      { verb: fc.constant('rollback' as const), environment: name, to: commit },
      { requiredKeys: ['verb', 'environment'] },
    ),
    fc.record({ verb: fc.constant('unlock' as const), environment: name, component: name }),
    fc
      .tuple(fc.constantFrom('approve' as const, 'reject' as const, 'status' as const), place)
      .map(([verb, at]) => ({ verb, ...at })),
  );

  test('an order is read as it was written, between any other lines', () => {
    // Without what may leave a code span, a tag or a link open.
    const other = fc.string().map((text) => `x${text.replace(/[\r\n`~<>\]]/g, ' ')}`);
    fc.assert(
      fc.property(fc.array(order, { minLength: 1, maxLength: 10 }), other, (them, text) => {
        const body = them.map((one) => `${text}\n${written(one)}`).join('\n');
        expect(parseComment(body)).toEqual({ kind: 'orders', orders: them });
      }),
    );
  });

  test('nothing that is quoted or fenced is ever done', () => {
    const line = fc.oneof(
      order.map(written),
      fc.string().map((text) => text.replace(/[\r\n]/g, ' ')),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        expect(parseComment(lines.map((one) => `> ${one}`).join('\n'))).toEqual(nothing);
        const fenced = lines.filter((one) => !one.includes('`'));
        expect(parseComment(['```', ...fenced, '```'].join('\n'))).toEqual(nothing);
      }),
    );
  });

  test('any text is read without an error, and a line that begins with /belay is never passed over', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseComment(text);
        const line = `/belay ${text.replace(/[\r\n]/g, ' ').replaceAll('<', ' ')}`;
        expect(parseComment(line).kind).not.toBe('nothing');
      }),
    );
  });
});
