/** The `command` function as it is deployed. */
import { randomUUID } from 'node:crypto';
import { command as contract } from '../../core/contracts/command.ts';
import { systemClock } from '../adapters/clock.ts';
import { tracedBus } from '../adapters/events.ts';
import { stepFunctionsExecutions, stepFunctionsRedrives } from '../adapters/executions.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { batchJobControl, batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { command } from './command.ts';

const env = contract.readEnv(process.env);
const queue = sqsStatusQueue(env.STATUS_QUEUE_URL);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  tokens: stepFunctionsTokens(),
  executions: stepFunctionsExecutions(),
  redrives: stepFunctionsRedrives(),
  jobs: batchJobs(),
  jobControl: batchJobControl(),
  clock: systemClock,
  status: queue,
  answers: queue,
  bus: tracedBus(env.BUS_NAME, 'command'),
  newRequestId: () => `request-${randomUUID()}`,
  github: gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL)),
};

export const handler = contract.handle((input) => command(input, ports));
