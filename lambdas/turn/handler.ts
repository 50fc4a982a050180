/** The `turn` function as it is deployed. */
import { turn as contract } from '../../core/contracts/functions.ts';
import { dynamoLedger } from '../adapters/ledger.ts';
import { stepFunctionsTokens } from '../adapters/tokens.ts';
import { turn } from './turn.ts';

const env = contract.readEnv(process.env);
const ports = {
  ledger: dynamoLedger(env.LEDGER_TABLE),
  tokens: stepFunctionsTokens(),
};

export const handler = contract.handle((input) => turn(input, ports));
