/** An account and a GitHub in memory in which all is well, but for what a test says otherwise. */
import { generateKeyPairSync } from 'node:crypto';
import { examine } from '../../doctor/examine.ts';
import type { App, Aws, Credentials } from '../../doctor/ports.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const APP_CREDENTIALS: Credentials = { kind: 'app', appId: '7', privateKey };

export const PERMISSIONS = {
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  metadata: 'read',
  issues: 'write',
  pull_requests: 'read',
  merge_queues: 'read',
  members: 'read',
  statuses: 'write',
};
const URL = 'https://api.example/webhook';
export const APP: App = {
  name: 'belay-acme',
  url: 'https://github.com/apps/belay-acme',
  permissions: PERMISSIONS,
  events: ['push', 'pull_request', 'merge_group', 'issue_comment', 'check_run', 'check_suite'],
  webhookUrl: URL,
  installations: [{ account: 'acme', permissions: PERMISSIONS, suspended: false }],
};

export const TOOLKIT = { status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '28' } };
export const STACK = {
  status: 'CREATE_COMPLETE',
  outputs: { WebhookUrl: URL, OpenSetUp: 'aws lambda invoke …' },
};
export const NARROW = {
  repositories: ['acme/shop'],
  accounts: ['111122223333'],
  regions: ['eu-west-1'],
  notifications: { runbook: 'https://github.com/acme/belay/blob/main/docs/runbook.md' },
};

export interface Circumstances {
  readonly configuration?: unknown;
  readonly aws?: Partial<Aws>;
  readonly stacks?: Readonly<Record<string, typeof TOOLKIT | typeof STACK | undefined>>;
  /** `unknown`: GitHub does not take its word. */
  readonly app?: Partial<App> | 'unknown';
  readonly owner?: string;
}

/** An account in which all is well, but for what is said otherwise. */
export const examined = ({ configuration = NARROW, aws, stacks, app, owner }: Circumstances = {}) =>
  examine({
    load: async () => {
      if (configuration instanceof Error) throw configuration;
      return configuration;
    },
    aws: {
      place: async () => ({ account: '123456789012', region: 'eu-west-1' }),
      stack: async (name) => ({ CDKToolkit: TOOLKIT, Belay: STACK, ...stacks })[name],
      fargateVcpus: async () => 100,
      concurrentFunctions: async () => 1000,
      releasesUnderWay: async () => 0,
      gitHubCredentials: async () => APP_CREDENTIALS,
      ...aws,
    },
    gitHub: () => ({
      app: async () => (app === 'unknown' ? undefined : { ...APP, ...app }),
      owner: async () => owner,
    }),
  });

export const about = async (check: string, circumstances: Circumstances) =>
  (await examined(circumstances)).filter((finding) => finding.check === check);
