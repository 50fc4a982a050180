/** Lambda entry of `resolve`, called by the Release machine. */
import { allowedFromText } from '../../core/configuration/allowed.ts';
import { resolve as contract } from '../../core/contracts/functions.ts';
import { traceHeader } from '../../core/trace/trace-header.ts';
import { systemClock } from '../adapters/clock.ts';
import { stepFunctionsExecutions } from '../adapters/executions.ts';
import { git } from '../adapters/git.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { batchJobControl, batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { newTrace } from '../adapters/new-trace.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { resolve } from './resolve.ts';

const env = contract.readEnv(process.env);
const access = gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL);
const repositories = git({ url: env.GITHUB_URL, access, environment: process.env });
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  git: repositories,
  merges: repositories,
  github: gitHub(env.GITHUB_API_URL, access),
  tokens: stepFunctionsTokens(),
  jobs: batchJobs(),
  jobControl: batchJobControl(),
  executions: stepFunctionsExecutions(),
  statuses: sqsStatusQueue(env.STATUS_QUEUE_URL),
  planDrafts: env.PLAN_DRAFTS === 'yes',
  places: { accounts: allowedFromText(env.ACCOUNTS), regions: allowedFromText(env.REGIONS) },
  clock: systemClock,
};

/** What no function has published, the end of a `ttl`, begins its trace here. */
const traced = <R extends object>(request: R): R => ({
  trace: traceHeader(newTrace(new Date())),
  ...request,
});

export const handler = contract.handle((input) =>
  resolve({ ...input, request: traced(input.request) }, ports),
);
