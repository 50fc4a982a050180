/** The `lease` function as it is deployed. */
import { lease as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { stepFunctionsExecutions } from '../adapters/executions.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { lease } from './lease.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  tokens: stepFunctionsTokens(),
  executions: stepFunctionsExecutions(),
  jobs: batchJobs(),
  clock: systemClock,
  github: gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL)),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
};

export const handler = contract.handle((input) => lease(input, ports));
