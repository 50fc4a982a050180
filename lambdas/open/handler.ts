/** The `open` function as it is deployed. */
import { open as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { measure } from '../adapters/metrics.ts';
import { objectStore } from '../adapters/object-store.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { open } from './open.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  github: gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL)),
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
  clock: systemClock,
  measure,
};

export const handler = contract.handle((input) => open(input, ports));
