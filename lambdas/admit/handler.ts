/** The `admit` function as it is deployed. */
import { admit as contract } from '../../core/contracts/job-services.ts';
import { systemClock } from '../adapters/clock.ts';
import { stepFunctionsExecutions } from '../adapters/executions.ts';
import { batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { measure } from '../adapters/metrics.ts';
import { objectStore } from '../adapters/object-store.ts';
import { xraySegments } from '../adapters/segments.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { admit } from './admit.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  jobs: batchJobs(),
  executions: stepFunctionsExecutions(),
  tokens: stepFunctionsTokens(),
  segments: xraySegments(),
  clock: systemClock,
  measure,
};

export const handler = contract.handle((input) => admit(input, ports));
