/** The `rollback` function as it is deployed. */
import { rollback as contract } from '../../core/contracts/functions.ts';
import { batchJobs } from '../adapters/jobs.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { rollback } from './rollback.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  jobs: batchJobs(),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
};

export const handler = contract.handle((input) => rollback(input, ports));
