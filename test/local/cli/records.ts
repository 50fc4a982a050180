/** Hand-written ledger items of one release of a small shop, for the tests of what the command line shows. */
import type { ReleaseDocument } from '../../../core/contracts/release.ts';
import type { DeploymentItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { ReleaseRecords } from '../../../local/cli/release-view.ts';

export const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
export const OLDER = 'ffeeddccbbaa99887766554433221100ffeeddcc';
export const RELEASE = '20261121-1a2b3c4-1';
export const at = (seconds: number) =>
  new Date(Date.UTC(2026, 10, 21, 8, 0, 0) + seconds * 1000).toISOString();

export const releaseItem: ReleaseItem = {
  id: RELEASE,
  repository: { id: 7, fullName: 'local/shop', defaultBranch: 'main' },
  commit: COMMIT,
  branch: 'main',
  sender: 'me',
  execution: 'arn:release',
  environments: ['dev', 'prod'],
  verdict: 'failed',
  reason: 'dev failed',
  startedAt: at(0),
  endedAt: at(9),
};

const counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 };

export const outcome = (
  component: string,
  item: Partial<OutcomeItem> & Pick<OutcomeItem, 'progress'>,
): OutcomeItem => ({
  environment: 'dev',
  component,
  attempt: 1,
  affected: 'changed',
  reason: '',
  ...item,
});

export const outcomes: OutcomeItem[] = [
  outcome('network', {
    progress: 'ended',
    outcome: 'unchanged',
    affected: 'unaffected',
    reason: 'not affected',
  }),
  outcome('database', {
    progress: 'ended',
    outcome: 'applied',
    changes: { ...counts, add: 2, replace: 1, outputs: 4 },
    startedAt: at(1),
    endedAt: at(3.4),
  }),
  outcome('api', {
    progress: 'ended',
    outcome: 'failed',
    reason: 'apply failed: port taken',
    changes: { ...counts, change: 1, destroy: 3 },
    startedAt: at(3.5),
    endedAt: at(8),
  }),
  outcome('web', { progress: 'ended', outcome: 'skipped', reason: 'api failed' }),
];

export const deployment: DeploymentItem = {
  environment: 'dev',
  execution: 'arn:deployment:dev',
  progress: 'settled',
  verdict: 'failed',
  reason: 'api failed',
};

const target = (environment: string, component: string) => ({
  entry: {
    component,
    environment,
    path: component,
    tool: 'auto' as const,
    arch: 'arm64' as const,
    needs: [],
    inputs: {},
    env: {},
    variables: {},
    watch: [],
    secrets: {},
    policy: {
      approval: 'never' as const,
      approvers: [],
      selfApproval: false,
      protect: [],
      rollback: 'connected' as const,
    },
  },
  references: [],
});

const components = ['network', 'database', 'api', 'web'];
export const document: ReleaseDocument = {
  version: 1,
  release: { id: RELEASE, repository: 7, commit: COMMIT },
  repository: releaseItem.repository,
  branch: 'main',
  rootTree: '0'.repeat(40),
  environments: [
    {
      name: 'dev',
      account: '111122223333',
      region: 'eu-west-1',
      after: [],
      targets: components.map((one) => target('dev', one)),
    },
    {
      name: 'prod',
      account: '444455556666',
      region: 'eu-west-1',
      after: ['dev'],
      targets: ['network', 'web'].map((one) => target('prod', one)),
    },
  ],
};

/** A release that failed in dev and never came to prod. */
export const failed: ReleaseRecords = {
  release: releaseItem,
  document,
  deployments: [deployment],
  outcomes,
  ends: new Map(),
  targets: new Map([
    ['dev/network', { live: { commit: OLDER, state: 'clean' as const } }],
    ['dev/database', { live: { commit: COMMIT, state: 'clean' as const } }],
    ['dev/api', { live: { commit: COMMIT, state: 'dirty' as const } }],
    ['prod/web', { live: { commit: OLDER, state: 'clean' as const } }],
  ]),
};

const { verdict: _verdict, endedAt: _endedAt, ...unfinished } = releaseItem;

/** The same release while `api` is being applied. */
export const running: ReleaseRecords = {
  ...failed,
  release: { ...unfinished, reason: 'deploying to dev, prod' },
  deployments: [{ environment: 'dev', execution: 'arn:deployment:dev', progress: 'deploying', reason: '' }],
  outcomes: [
    ...outcomes.slice(0, 2),
    outcome('api', {
      progress: 'applying',
      changes: { ...counts, change: 1, destroy: 3 },
      startedAt: at(3.5),
    }),
    outcome('web', { progress: 'waiting' }),
  ],
};
