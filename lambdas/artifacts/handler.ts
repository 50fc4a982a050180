/** Lambda entry of `artifacts`, called by running jobs. */
import { artifacts as contract } from '../../core/contracts/job-services.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { objectStore } from '../adapters/object-store.ts';
import { artifacts } from './artifacts.ts';

const env = contract.readEnv(process.env);
const ports = { ledger: dynamoLedger(env.LEDGER_TABLE), objects: objectStore(env.ARTIFACTS_BUCKET) };

export const handler = contract.handle((request) => artifacts(request, ports));
