/** The `build` function as it is deployed. */
import { build as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { imageRegistry } from '../adapters/image-registry.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { build } from './build.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
  clock: systemClock,
  registry: imageRegistry(),
  host: env.REGISTRY,
  bucket: env.ARTIFACTS_BUCKET,
};

export const handler = contract.handle((input) => build(input, ports));
