/** The `sweep` function as it is deployed. */
import { sweep as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { tracedBus } from '../adapters/events.ts';
import { stepFunctionsExecutions, stepFunctionsRedrives } from '../adapters/executions.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { log } from '../adapters/log.ts';
import { measure } from '../adapters/metrics.ts';
import { objectStore } from '../adapters/object-store.ts';
import { schedulerSchedules } from '../adapters/schedules.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { repositoryOf } from './scope.ts';
import { sweep } from './sweep.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
  schedules: schedulerSchedules(env),
  tokens: stepFunctionsTokens(),
  executions: stepFunctionsExecutions(),
  redrives: stepFunctionsRedrives(),
  jobs: batchJobs(),
  github: gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL)),
  bus: tracedBus(env.BUS_NAME, 'sweep'),
  clock: systemClock,
  measure,
  log,
};

export const handler = contract.handle(({ detail }) => sweep(ports, repositoryOf(detail?.input)));
