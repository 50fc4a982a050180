/** Lambda entry of `secrets`, called by running jobs. */
import { secrets as contract } from '../../core/contracts/job-services.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { secretValues } from '../adapters/secret-values.ts';
import { secrets } from './secrets.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  objects: objectStore(env.ARTIFACTS_BUCKET),
  secrets: secretValues(),
};

export const handler = contract.handle((proof) => secrets(proof, ports));
