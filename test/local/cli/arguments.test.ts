/** What people type becomes a complete command, or one sentence that says what is wrong. */
import { expect, test } from '@jest/globals';
import { parseCommand } from '../../../local/cli/arguments.ts';
import { UsageError } from '../../../local/cli/usage.ts';

const parse = (line: string) => parseCommand(line.split(' ').filter(Boolean), '/home/me');

test('push reads all its options, and paths are taken from the caller’s directory', () => {
  expect(
    parse(
      'push --repo shop --ref main --pass-env A --pass-env B --slots 3 --no-wait --json --state-dir ../twin',
    ),
  ).toEqual({
    name: 'push',
    repo: '/home/me/shop',
    ref: 'main',
    passEnv: ['A', 'B'],
    slots: 3,
    wait: false,
    json: true,
    stateDir: '/home/twin',
    stateOption: ' --state-dir ../twin',
  });
});

test('what is left out has its documented default', () => {
  expect(parse('push --repo /r')).toEqual({
    name: 'push',
    repo: '/r',
    passEnv: [],
    wait: true,
    json: false,
    stateDir: '/home/me/.belay',
    stateOption: '',
  });
  expect(parse('status')).toEqual({
    name: 'status',
    json: false,
    stateDir: '/home/me/.belay',
    stateOption: '',
  });
});

test('serve has a port of its own, and what its jobs may see', () => {
  const base = { json: false, stateDir: '/home/me/.belay', stateOption: '' };
  expect(parse('serve')).toEqual({ name: 'serve', port: 4567, passEnv: [], ...base });
  expect(parse('serve --port 0 --pass-env A --slots 3')).toEqual({
    ...{ name: 'serve', port: 0, passEnv: ['A'], slots: 3 },
    ...base,
  });
  expect(() => parse('serve --port 70000')).toThrow('`--port` needs the number of a port');
});

test('approve and reject name a target and who asks', () => {
  expect(parse('reject --release r --target dev/database --as mira')).toEqual({
    name: 'reject',
    release: 'r',
    target: { environment: 'dev', component: 'database' },
    by: 'mira',
    json: false,
    stateDir: '/home/me/.belay',
    stateOption: '',
  });
  expect(() => parse('approve --release r')).toThrow('`approve` needs `--target ENV/COMPONENT`');
});

test.each([
  ['status --release 20261121-1a2b3c4-1', { name: 'status', release: '20261121-1a2b3c4-1' }],
  ['history --repo shop', { name: 'history', repo: '/home/me/shop' }],
  [
    'log --release r --target dev/api',
    { name: 'log', release: 'r', target: { environment: 'dev', component: 'api' } },
  ],
  ['trace --release r --repo shop', { name: 'trace', release: 'r', repo: '/home/me/shop' }],
  ['secret app/db --repo .', { name: 'secret', secret: 'app/db', repo: '/home/me' }],
  ['secret app/db --repo . --from-env PW', { name: 'secret', fromEnv: 'PW' }],
])('%s', (line, expected) => {
  expect(parse(line)).toMatchObject(expected);
});

test.each([
  ['', 'name a command'],
  ['pusch --repo .', 'there is no command `pusch`'],
  ['push', '`push` needs `--repo DIR`'],
  ['push --repo', 'Option `--repo <value>` argument missing'],
  ['push . --repo .', '`push` takes options only, not `.`'],
  ['push --repo . --frob', 'Unknown option `--frob`'],
  ['status --target dev/api', '`status` has no option `--target`'],
  ['push --repo . --slots 0', '`--slots` needs a whole number of jobs, at least 1'],
  ['push --repo . --slots two', '`--slots` needs a whole number of jobs, at least 1'],
  ['trace', '`trace` needs `--release ID`'],
  ['log', '`log` needs `--release ID`'],
  ['log --release r --target api', '`--target` needs ENV/COMPONENT, such as `dev/network`'],
  ['log --release r --target dev/api/x', '`--target` needs ENV/COMPONENT, such as `dev/network`'],
  ['secret --repo .', '`secret` needs `NAME`'],
  ['secret a b --repo .', '`secret` takes one name; its value never stands on the command line'],
])('%p is refused: %s', (line, message) => {
  expect(() => parse(line)).toThrow(new UsageError(message));
});

test('a comment is one text, on a pull request or on the one that HEAD came by', () => {
  const read = (...words: string[]) => parseCommand(['comment', '--repo', 'shop', ...words], '/home/me');
  expect(read('/belay approve dev', '--as', 'mira', '--pull', '3')).toEqual({
    ...{ name: 'comment', repo: '/home/me/shop', pull: 3, by: 'mira', body: '/belay approve dev' },
    ...{ json: false, stateDir: '/home/me/.belay', stateOption: '' },
  });
  expect(read('/belay help', '--as', 'mira')).not.toHaveProperty('pull');
  expect(() => read('/belay', 'approve')).toThrow('`comment` takes one text; put it in quotes');
  expect(() => read()).toThrow('`comment` needs `TEXT`');
  expect(() => read('hello', '--pull', 'main')).toThrow('`--pull` needs the number of a pull request');
  expect(() => parse('comment hello')).toThrow('`comment` needs `--repo DIR`');
});

test('a value given to --pass-env by mistake is not repeated', () => {
  let message = '';
  try {
    parse('push --repo . --pass-env PW=hunter2');
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('letters, digits and `_`');
  expect(message).not.toContain('hunter2');
});

test('--help asks for nothing else', () => {
  expect(parse('push --help')).toEqual({ name: 'help' });
});

test('destroy and rollback name an environment, and what they are about', () => {
  const common = { json: false, stateDir: '/home/me/.belay', stateOption: '', by: 'mira' };
  expect(parse('destroy --env dev --target app --target network --as mira --no-wait')).toEqual({
    ...common,
    ...{ name: 'destroy', environment: 'dev', components: ['app', 'network'], wait: false },
  });
  expect(parse('destroy --env dev --repo shop --as mira')).toEqual({
    ...common,
    ...{ name: 'destroy', environment: 'dev', repo: '/home/me/shop', wait: true },
  });
  expect(parse('rollback --env dev --to 1a2b3c4 --as mira')).toEqual({
    ...common,
    ...{ name: 'rollback', environment: 'dev', to: '1a2b3c4', wait: true },
  });
  expect(() => parse('destroy --target app')).toThrow('`destroy` needs `--env ENV`');
  expect(() => parse('destroy --env dev --target dev/app')).toThrow('of the environment that `--env` names');
  expect(() => parse('rollback --env dev --to main')).toThrow('`--to` needs the id of a commit');
  expect(() => parse('approve --release r --target dev/a --target dev/b')).toThrow(
    '`approve` takes one `--target`',
  );
});
