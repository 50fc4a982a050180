/** The `approval` function as it is deployed. */
import { approval as contract } from '../../core/contracts/functions.ts';
import { systemClock } from '../adapters/clock.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { sqsStatusQueue } from '../adapters/status-queue.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { approval } from './approval.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  tokens: stepFunctionsTokens(),
  clock: systemClock,
  status: sqsStatusQueue(env.STATUS_QUEUE_URL),
};

export const handler = contract.handle((input) => approval(input, ports));
