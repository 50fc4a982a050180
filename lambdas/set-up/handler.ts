/** Lambda entry of `set-up`, called by the HTTP API. */
import { setUp as contract } from '../../core/contracts/set-up.ts';
import { gitHubRequest } from '../adapters/github-request.ts';
import { log } from '../adapters/log.ts';
import { newApp } from '../adapters/new-app.ts';
import { setUpSecrets } from '../adapters/set-up-secrets.ts';
import { setUp } from './set-up.ts';

const env = contract.readEnv(process.env);
const ports = {
  secrets: setUpSecrets({
    own: env.SET_UP_SECRET,
    app: env.SET_UP_APP_SECRET,
    webhook: env.SET_UP_WEBHOOK_SECRET,
  }),
  newApp: newApp(gitHubRequest(env.GITHUB_API_URL)),
  gitHubUrl: env.GITHUB_URL,
  log,
};

export const handler = contract.handle((request) => setUp(request, ports));
