/** The `guard` function as it is deployed. */
import { guard as contract } from '../../core/contracts/functions.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { guard } from './guard.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
};

export const handler = contract.handle((input) => guard(input, ports));
