/** Lambda entry of `set-up`, called by the HTTP API, and by people to open the page. */
import { randomBytes } from 'node:crypto';
import { setUp as contract } from '../../core/contracts/set-up.ts';
import { systemClock } from '../adapters/clock.ts';
import { gitHubRequest } from '../adapters/github-request.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { log } from '../adapters/log.ts';
import { newApp } from '../adapters/new-app.ts';
import { setUpSecrets } from '../adapters/set-up-secrets.ts';
import { setUp } from './set-up.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  secrets: setUpSecrets({ app: env.SET_UP_APP_SECRET, webhook: env.SET_UP_WEBHOOK_SECRET }),
  newApp: newApp(gitHubRequest(env.GITHUB_API_URL)),
  newCode: () => randomBytes(32).toString('base64url'),
  clock: systemClock,
  gitHubUrl: env.GITHUB_URL,
  log,
};

export const handler = contract.handle((request) => setUp(request, ports));
