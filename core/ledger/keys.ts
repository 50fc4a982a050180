/**
 * The ledger's keys: one DynamoDB table, single-item conditional writes only (no transactions). The items are in the files beside.
 * Everything is keyed by GitHub's numeric repository id first, so two repositories may both have `dev/network`.
 */

import type { Pass } from '../words.ts';

/** The table's key: `pk` groups what is read together, `sk` names the item. */
export interface LedgerKey {
  readonly pk: string;
  readonly sk: string;
}

const inEnvironment = (repository: number, environment: string) => `${repository}/environment/${environment}`;
const inRelease = (repository: number, release: string) => `${repository}/release/${release}`;
const inHistory = (repository: number, environment: string) => `${repository}/history/${environment}`;
const inCommit = (repository: number, commit: string) => `${repository}/commit/${commit}`;

/** A target in one pass of a deployment; without a pass, the deployment's own. */
interface TargetPass {
  readonly environment: string;
  readonly component: string;
  readonly pass?: Pass | undefined;
}
const outcomesOf = (pass: Pass = 'deploy') => (pass === 'deploy' ? 'outcome' : pass);

/** Where each kind of item lives. `…Prefix` constants serve queries over one partition. */
export const ledgerKeys = {
  delivery: (guid: string): LedgerKey => ({ pk: `delivery/${guid}`, sk: 'delivery' }),
  environment: (repository: number, environment: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: 'environment',
  }),
  target: (repository: number, environment: string, component: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: `target/${component}`,
  }),
  release: (repository: number, release: string): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: 'release',
  }),
  deployment: (repository: number, release: string, environment: string): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `deployment/${environment}`,
  }),
  outcome: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `${outcomesOf(target.pass)}/${target.environment}/${target.component}`,
  }),
  turn: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `turn/${target.pass ?? 'deploy'}/${target.environment}/${target.component}`,
  }),
  /** What a person was asked about one change of a target, and what they said. */
  approval: (repository: number, release: string, target: TargetPass): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `approval/${target.pass ?? 'deploy'}/${target.environment}/${target.component}`,
  }),
  /** Policies in force: those of the environment's last success. */
  policies: (repository: number, environment: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: 'policies',
  }),
  /** Releases that have not ended, and environments that were ever deployed to: what the sweep looks at. */
  active: (repository: number, release: string): LedgerKey => ({
    pk: 'active',
    sk: `${ledgerPrefixes.active}${inRelease(repository, release)}`,
  }),
  known: (repository: number, environment: string): LedgerKey => ({
    pk: 'known',
    sk: `${ledgerPrefixes.known}${inEnvironment(repository, environment)}`,
  }),
  /** The head of the default branch as the sweep last saw it. */
  head: (repository: number): LedgerKey => ({ pk: `${repository}/head`, sk: 'head' }),
  /** One use of `unlock`, kept for good. `at` is when. */
  unlock: (repository: number, environment: string, at: string): LedgerKey => ({
    pk: inEnvironment(repository, environment),
    sk: `${ledgerPrefixes.unlocks}${at}`,
  }),
  /** `specKey` is the S3 key of the job's spec. */
  job: (specKey: string): LedgerKey => ({ pk: `job/${specKey}`, sk: 'job' }),
  /** How a job spent its time, one item a Batch job. Apart from the release, which is read much more often. */
  jobTimes: (repository: number, release: string, jobId: string): LedgerKey => ({
    pk: `${inRelease(repository, release)}/job-times`,
    sk: jobId,
  }),
  commit: (repository: number, commit: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: 'commit',
  }),
  /** Which pull request the commit was made of. */
  merged: (repository: number, commit: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: 'merged',
  }),
  mergeGroup: (repository: number, commit: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: 'merge-group',
  }),
  pull: (repository: number, number: number): LedgerKey => ({
    pk: `${repository}/pull/${number}`,
    sk: 'pull',
  }),
  status: (repository: number, commit: string, context: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: `status/${context}`,
  }),
  check: (repository: number, commit: string, name: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: `check/${name}`,
  }),
  /** That GitHub could not be told about a commit. */
  delay: (repository: number, commit: string): LedgerKey => ({
    pk: inCommit(repository, commit),
    sk: 'delay',
  }),
  /** A comment that has commands. */
  comment: (repository: number, comment: number): LedgerKey => ({
    pk: `${repository}/comment/${comment}`,
    sk: 'comment',
  }),
  /** How far an environment's history is written in Git. */
  history: (repository: number, environment: string): LedgerKey => ({
    pk: inHistory(repository, environment),
    sk: 'history',
  }),
  /** What is to be written there. `fence` has its digits filled up, so that entries are read in their order. */
  entry: (repository: number, environment: string, fence: number): LedgerKey => ({
    pk: inHistory(repository, environment),
    sk: `${ledgerPrefixes.entries}${String(fence).padStart(12, '0')}`,
  }),
  /** Whether an environment comes last, by the last commit that was brought to all. */
  lastEnvironment: (repository: number, environment: string): LedgerKey => ({
    pk: inHistory(repository, environment),
    sk: 'last-environment',
  }),
  gitHubDeployment: (repository: number, release: string, environment: string): LedgerKey => ({
    pk: inRelease(repository, release),
    sk: `github-deployment/${environment}`,
  }),
  /** What may be written to GitHub. `owner` is the account an App is installed on. */
  budget: (owner: string): LedgerKey => ({ pk: `github/${owner}`, sk: 'budget' }),
  /** To whom the page that makes the App is open; no role but that of `set-up` reaches it. */
  setUp: (): LedgerKey => ({ pk: 'set-up', sk: 'set-up' }),
} as const;

/** Sort-key prefixes for queries. */
export const ledgerPrefixes = {
  active: 'release/',
  known: 'environment/',
  unlocks: 'unlock/',
  entries: 'entry/',
  /** Of all passes. */
  allApprovals: 'approval/',
  approvals: 'approval/deploy/',
  turns: 'turn/deploy/',
  targets: 'target/',
  deployments: 'deployment/',
  outcomes: 'outcome/',
  outcomesOf: (pass: Pass) => `${outcomesOf(pass)}/`,
  outcomesIn: (environment: string, pass?: Pass) => `${outcomesOf(pass)}/${environment}/`,
  statuses: 'status/',
  checks: 'check/',
} as const;
