/** The `settle` function as it is deployed. */
import { settle as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { schedulerSchedules } from '../adapters/schedules.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { settle } from './settle.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  clock: systemClock,
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
  schedules: schedulerSchedules(env),
};

export const handler = contract.handle((input) => settle(input, ports));
