/** Lambda entry of `git-status`, called by the status queue. */
import { gitStatus as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { eventBus } from '../adapters/events.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { log } from '../adapters/log.ts';
import { sqsMessageDelay } from '../adapters/message-delay.ts';
import { measure } from '../adapters/metrics.ts';
import { objectStore } from '../adapters/object-store.ts';
import { xraySegments } from '../adapters/segments.ts';
import { gitStatus } from './git-status.ts';

const env = contract.readEnv(process.env);
const github = gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL));
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  store: objectStore(env.ARTIFACTS_BUCKET),
  bucket: env.ARTIFACTS_BUCKET,
  github,
  audit: env.AUDIT_IN_GIT === 'yes' ? github : undefined,
  messages: sqsMessageDelay(env.STATUS_QUEUE_URL),
  segments: xraySegments(),
  writesPerHour: Number(env.GITHUB_WRITES_PER_HOUR),
  bus: eventBus(env.BUS_NAME),
  githubUrl: env.GITHUB_URL,
  clock: systemClock,
  log,
  measure,
};

export const handler = contract.handle((batch) => gitStatus(batch, ports));
