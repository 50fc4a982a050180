/** What the doctor says of the secret and of the App. */
import { expect, test } from '@jest/globals';
import type { App, Credentials } from '../../doctor/ports.ts';
import { APP, about, type Circumstances, NARROW, PERMISSIONS } from './account.ts';

test('before the stack is there nobody asks GitHub', async () => {
  const gitHubCredentials = async () => {
    throw new Error('asked');
  };
  const findings = await about('GitHub', { stacks: { Belay: undefined }, aws: { gitHubCredentials } });
  expect(findings).toEqual([
    { check: 'GitHub', verdict: 'unchecked', message: 'nothing is told before the stack is there' },
  ]);
});

test.each<[Circumstances, string]>([
  [
    {
      aws: { gitHubCredentials: async () => ({ kind: 'unusable', problem: 'the GitHub secret is empty' }) },
    },
    'the GitHub secret is empty',
  ],
  [{ app: 'unknown' }, 'GitHub does not know App 7 by the key in the secret belay-pipeline/github-token'],
])('a secret that is no use leads to the set-up page', async (circumstances, message) => {
  const todo = 'make the App: docs/set-up.md, aws lambda invoke …';
  expect(await about('GitHub', circumstances)).toEqual([
    { check: 'GitHub', verdict: 'problem', message, todo },
  ]);
});

test('a secret that nobody has filled leads to the set-up page; a token is taken for what it is', async () => {
  const gitHubCredentials = async (): Promise<Credentials> => ({ kind: 'token', token: 'tttt-secret' });
  const unknown = await about('GitHub', { aws: { gitHubCredentials } });
  expect(unknown).toEqual([
    {
      check: 'GitHub',
      verdict: 'problem',
      message:
        "the secret belay-pipeline/github-token holds neither an App's key nor a token that GitHub takes",
      todo: 'make the App: docs/set-up.md, aws lambda invoke …',
    },
  ]);
  const known = await about('GitHub', { aws: { gitHubCredentials }, owner: 'mira-lind' });
  expect(known).toMatchObject([
    { verdict: 'advice', message: expect.stringContaining('a token of mira-lind') },
  ]);
  expect(JSON.stringify([unknown, known])).not.toContain('tttt-secret');
});

const { checks: _, ...WITHOUT_CHECKS } = PERMISSIONS;

test.each<[string, Partial<App>, string]>([
  ['a permission that the App has not', { permissions: WITHOUT_CHECKS }, 'may not have checks: write'],
  [
    'a permission that is for reading only',
    { permissions: { ...PERMISSIONS, issues: 'read' } },
    'may not have issues: write',
  ],
  [
    'one that nobody has accepted',
    { installations: [{ account: 'acme', permissions: WITHOUT_CHECKS, suspended: false }] },
    'was not given checks: write in acme',
  ],
  ['an event it does not hear of', { events: APP.events.slice(1) }, 'does not hear of push'],
  ['deliveries to somewhere else', { webhookUrl: '' }, 'delivers to nowhere'],
  ['an App without an installation', { installations: [] }, 'is not installed anywhere'],
  [
    'one that is suspended',
    { installations: [{ account: 'acme', permissions: PERMISSIONS, suspended: true }] },
    'is suspended in acme',
  ],
])('%s is a problem with a way out', async (_name, app, message) => {
  expect(await about('GitHub', { app })).toEqual([
    {
      check: 'GitHub',
      verdict: 'problem',
      message: `the App belay-acme ${message}`,
      todo: expect.stringContaining('https://github.com/apps/belay-acme'),
    },
  ]);
});

test('without the audit the App needs less, and more than needed is no problem', async () => {
  const { deployments: _deployments, ...others } = PERMISSIONS;
  const permissions = { ...others, contents: 'read', pull_requests: 'write' };
  const app = { permissions, installations: [{ account: 'acme', permissions, suspended: false }] };
  const configuration = { ...NARROW, github: { audit: false } };
  expect(await about('GitHub', { configuration, app })).toMatchObject([{ verdict: 'ok' }]);
  expect(await about('GitHub', { app })).toMatchObject([
    { message: 'the App belay-acme may not have contents: write, deployments: write' },
  ]);
});
