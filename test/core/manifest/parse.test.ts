/** What `parseManifest` accepts and refuses beyond the golden files, and that no text makes it throw. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseManifest } from '../../../core/manifest/parse.ts';

const dev = 'environments: { dev: { account: "111122223333", region: eu-west-1 } }';
const manifestOf = (components: string) => `version: 1\n${dev}\ncomponents: ${components}\n`;
const messagesOf = (text: string) => {
  const result = parseManifest(text);
  return 'problems' in result ? result.problems.map(({ message }) => message) : [];
};

test('a small manifest comes back as the plain data it is', () => {
  expect(
    parseManifest(manifestOf('{ app: { path: app, rollback: off, variables: { n: [1, { a: null }] } } }')),
  ).toEqual({
    manifest: {
      version: 1,
      environments: { dev: { account: '111122223333', region: 'eu-west-1' } },
      components: { app: { path: 'app', rollback: 'off', variables: { n: [1, { a: null }] } } },
    },
  });
});

test('anchors and aliases may be used', () => {
  const text = manifestOf('{ a: { path: a, env: &shared { LEVEL: debug } }, b: { path: b, env: *shared } }');
  expect(parseManifest(text)).toMatchObject({ manifest: { components: { b: { env: { LEVEL: 'debug' } } } } });
});

test('a problem inside an alias is found where the alias leads', () => {
  const text = manifestOf('\n  a: { path: a, env: &shared { LEVEL: 3 } }\n  b: { path: b, env: *shared }');
  expect(parseManifest(text)).toEqual({
    problems: [
      {
        line: 4,
        column: 39,
        message: 'components.a.env.LEVEL: must be a string, not a number: write it in quotes',
      },
      {
        line: 4,
        column: 39,
        message: 'components.b.env.LEVEL: must be a string, not a number: write it in quotes',
      },
    ],
  });
});

test.each(['', '   \n', '# only a comment\n', '---\n'])('%j is empty', (text) => {
  expect(messagesOf(text)).toEqual(['is empty: it needs `version`, `environments` and `components`']);
});

test.each([
  ['a text', 'must be a map, not a string'],
  ['[1]', 'must be a map, not a list'],
  ['a: *b', 'no anchor `&b` stands before this alias'],
  ['--- {}\n--- {}', 'Source contains multiple documents'],
  ['- '.repeat(60), 'cannot be read as YAML: it is nested more than 50 levels deep'],
  ['- '.repeat(50_000), 'cannot be read as YAML: it is nested more than 50 levels deep'],
  ['%YAML 1.1\n---\nrollback: off', 'must be YAML 1.2: remove the `%YAML` line'],
])('the text %.20j is refused', (text, message) => {
  expect(messagesOf(text)).toEqual([message]);
});

test('lines that end as on Windows are counted alike', () => {
  const text = manifestOf('\n  a: { path: a }\n  b: { path: /b }').replaceAll('\n', '\r\n');
  expect(parseManifest(text)).toEqual({
    problems: [
      {
        line: 5,
        column: 14,
        message: 'components.b.path: must be relative to the root of the repository, not absolute',
      },
    ],
  });
});

test('names that every JavaScript object has are names like others', () => {
  expect(
    messagesOf(manifestOf('{ app: { path: app, needs: [constructor], inputs: { a: valueof.b } } }')),
  ).toEqual([
    'components.app.needs: there is no component `constructor`; there are `app`',
    'components.app.inputs.a: there is no component `valueof`; there are `app`',
  ]);
  expect(
    messagesOf(manifestOf('{ constructor: { path: a }, app: { path: b, needs: [constructor] } }')),
  ).toEqual([]);
});

test('a wrong `needs` or `environments` brings no further complaints about what builds on it', () => {
  const components =
    '{ net: { path: net, environments: dev }, app: { path: app, needs: net, inputs: { a: net.b } } }';
  expect(messagesOf(manifestOf(components))).toEqual([
    'components.net.environments: must be a list, not a string',
    'components.app.needs: must be a list, not a string',
  ]);
});

describe('paths', () => {
  const pathMessages = (path: string) => messagesOf(manifestOf(`{ app: { path: ${JSON.stringify(path)} } }`));

  test.each(['.', './', 'a/b', 'a/../b', './a/', 'with space', 'a..b', '...'])('%j is inside', (path) => {
    expect(pathMessages(path)).toEqual([]);
  });

  test.each(['..', '../x', 'a/../../x', './..', 'a/b/../../..', 'nul\0'])('%j is outside', (path) => {
    expect(pathMessages(path)).toEqual(['components.app.path: must stay inside the repository']);
  });

  test('an empty one, an absolute one, one with backslashes', () => {
    expect([...pathMessages(''), ...pathMessages('/etc'), ...pathMessages('a\\b')]).toEqual([
      'components.app.path: must not be empty; the root of the repository is `.`',
      'components.app.path: must be relative to the root of the repository, not absolute',
      'components.app.path: must be written with `/`, not `\\`',
    ]);
  });

  test('must be in the commit, where the commit is known', () => {
    const text = manifestOf('\n  app: { path: ./app/ }\n  web: { path: wbe }');
    expect(parseManifest(text, { hasDirectory: (path) => path === 'app' })).toEqual({
      problems: [
        { line: 5, column: 16, message: 'components.web.path: `wbe` is not a directory of this commit' },
      ],
    });
  });
});

test.each([
  'BELAY_JOB',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'TF_DATA_DIR',
  'TF_CLI_ARGS_apply',
  'PATH',
])('%s is reserved as `env` and as `secrets`', (name) => {
  const message = `\`${name}\` is reserved: Belay sets it in every job`;
  expect(messagesOf(manifestOf(`{ app: { path: app, env: { ${name}: x } } }`))).toEqual([
    `components.app.env.${name}: ${message}`,
  ]);
  expect(messagesOf(manifestOf(`{ app: { path: app, secrets: { ${name}: x } } }`))).toEqual([
    `components.app.secrets.${name}: ${message}`,
  ]);
});

test.each(['AWS_ENDPOINT_URL', 'AWS_REGION', 'TF_LOG', 'TF_TOKEN_app_terraform_io', 'AWS_ACCESS_KEY_ID'])(
  '%s may be set',
  (name) => {
    expect(messagesOf(manifestOf(`{ app: { path: app, env: { ${name}: x } } }`))).toEqual([]);
  },
);

test.each([
  'us-east-1',
  'us-gov-west-1',
  'ap-southeast-7',
  'us-isob-east-1',
  'eusc-de-east-1',
  'mx-central-1',
])('%s is a region', (region) => {
  expect(messagesOf(manifestOf('{ app: { path: app } }').replace('eu-west-1', region))).toEqual([]);
});

describe('properties', () => {
  // Pieces of manifests, so that arbitrary texts get past the first character.
  const piece = fc.oneof(
    fc.constantFrom(
      'version: 1\n',
      `${dev}\n`,
      'components:\n',
      '  app:\n',
      '    path: a\n',
      'needs: [app]',
      '&a ',
      '*a',
    ),
    fc.constantFrom(
      'environments:\n',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '\n',
      '    ',
      '- ',
      '? ',
      '!!set ',
      '"',
      "'",
      '|',
      '#',
    ),
    fc.string({ maxLength: 8 }),
  );

  test('no text makes it throw, and every problem has a place in the text', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join('');
        const result = parseManifest(text);
        if ('manifest' in result) return;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { line, column } of result.problems) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no JSON value in the place of a section makes it throw', () => {
    const section = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('app', 'dev', 'constructor', 'A'), fc.jsonValue()),
    );
    fc.assert(
      fc.property(section, section, section, (environments, components, defaults) => {
        const result = parseManifest(JSON.stringify({ version: 1, environments, components, defaults }));
        expect('problems' in result).toBe(true);
      }),
    );
  });
});
