/** Every field that is read of a payload with every value that it must not have: sent by `fuzz.test.ts`. */
import { fixture, headersOf, type Malformed, signatureOf } from './delivery.ts';

/** What is read of each event: path → what it must be. */
const TEXT = ['repository.default_branch'];
const EVERY = { ids: ['repository.id'], names: ['repository.full_name'] };
export const EVENTS = [
  {
    event: 'push',
    body: fixture('push'),
    commits: ['before', 'after'],
    flags: ['forced'],
    texts: ['ref', 'pusher.name', ...TEXT],
    ids: EVERY.ids,
    times: [],
  },
  {
    event: 'pull_request',
    body: fixture('pull-request'),
    commits: ['pull_request.head.sha'],
    flags: [],
    texts: ['action', 'pull_request.base.ref', 'sender.login', ...TEXT],
    ids: ['number', 'pull_request.head.repo.id', ...EVERY.ids],
    times: ['pull_request.updated_at'],
  },
  {
    event: 'merge_group',
    body: fixture('merge-group'),
    commits: ['merge_group.head_sha', 'merge_group.base_sha'],
    flags: [],
    texts: ['action', 'merge_group.head_ref', 'merge_group.base_ref', ...TEXT],
    ids: EVERY.ids,
    times: [],
  },
  {
    event: 'issue_comment',
    body: fixture('issue-comment'),
    commits: [],
    flags: [],
    texts: ['action', 'sender.login', 'sender.type', 'comment.user.login', ...TEXT],
    ids: ['issue.number', 'comment.id', ...EVERY.ids],
    times: ['comment.created_at'],
  },
  {
    event: 'check_run',
    body: fixture('check-run'),
    commits: ['check_run.head_sha'],
    flags: [],
    texts: ['action', 'sender.login', 'requested_action.identifier', ...TEXT],
    ids: EVERY.ids,
    times: [],
  },
  {
    event: 'check_suite',
    body: fixture('check-suite'),
    commits: ['check_suite.head_sha'],
    flags: [],
    texts: ['action', 'sender.login', 'sender.type', ...TEXT],
    ids: EVERY.ids,
    times: [],
  },
] as const;

const NO_TEXT: readonly unknown[] = [
  null,
  undefined,
  0,
  1,
  -1,
  1e308,
  true,
  false,
  [],
  {},
  ['x'],
  [null],
  { toString: 'x' },
];
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  texts: NO_TEXT,
  commits: [
    ...NO_TEXT,
    ...['', 'HEAD', 'main', '../../etc/passwd', 'C0FFEE1234567890ABCDEF1234567890ABCDEF12', '0'.repeat(39)],
    ...[
      '0'.repeat(41),
      `${'a'.repeat(40)}\n`,
      ` ${'a'.repeat(39)}`,
      'g'.repeat(40),
      '٣'.repeat(40),
      '０'.repeat(40),
    ],
  ],
  flags: [null, undefined, 0, 1, 'true', 'false', '', [], {}],
  ids: [null, undefined, '1', '', 1.5, 2 ** 53, 1e308, true, [], {}, [1]],
  times: [...NO_TEXT, '', 'yesterday', '2026-13-01T00:00:00Z', '2026-11-21', '2026-11-21 10:00:00', '٢٠٢٦'],
  names: [
    ...NO_TEXT,
    '',
    'shop',
    '/shop',
    'acme/',
    'acme/shop/more',
    'acme /shop',
    'acme/sh\nop',
    'acmе/shop',
    'a/b?c',
    'a\u2028/b',
  ],
};

/** The document with another value at the path; undefined takes the field away. */
function changed(text: string, path: string, value: unknown): string {
  const document = JSON.parse(text);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key], document);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(document);
}

/** Every field that is read, with every value that it must not have; signed as GitHub would. */
export function wrongFields(): Malformed[] {
  return EVENTS.flatMap(({ event, body, ...fields }) => {
    const paths = { ...fields, names: EVERY.names };
    return Object.entries(paths).flatMap(([type, all]) =>
      all.flatMap((path: string) =>
        (WRONG[type] ?? []).map((value): Malformed => {
          const text = changed(body, path, value);
          const headers = headersOf(event, signatureOf(text));
          return {
            kind: 'a field of another type',
            right: [400],
            names: path.split('.').at(-1) ?? '',
            headers,
            body: text,
          };
        }),
      ),
    );
  });
}
