/** Lambda entry of `sessions`, called by the credential process of running jobs. */
import { sessions as contract } from '../../core/contracts/job-services.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { stsSessions } from '../adapters/sessions.ts';
import { sessions } from './sessions.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  objects: objectStore(env.ARTIFACTS_BUCKET),
  sessions: stsSessions(),
  stateRole: env.STATE_ROLE,
};

export const handler = contract.handle((request) => sessions(request, ports));
