/** Lambda entry of `git-status`, called by the status queue. */
import { gitStatus as contract } from '../../core/contracts/functions.ts';
import { gitHub } from '../adapters/github.ts';
import { gitHubAccess } from '../adapters/github-token.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { log } from '../adapters/log.ts';
import { gitStatus } from './git-status.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  github: gitHub(env.GITHUB_API_URL, gitHubAccess(env.GITHUB_TOKEN_SECRET, env.GITHUB_API_URL)),
  log,
};

export const handler = contract.handle((batch) => gitStatus(batch, ports));
