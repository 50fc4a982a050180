/** The `prepare` function as it is deployed. */
import { randomBytes } from 'node:crypto';
import { prepare as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { prepare } from './prepare.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  clock: systemClock,
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
  state: { bucket: env.ARTIFACTS_BUCKET, kmsKeyArn: env.ARTIFACTS_KEY_ARN },
  newNonce: () => randomBytes(32).toString('base64url'),
};

export const handler = contract.handle((input) => prepare(input, ports));
