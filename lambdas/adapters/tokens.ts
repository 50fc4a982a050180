/** Step Functions' task tokens; made once by the functions that answer parked tasks. */
import {
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { Tokens } from '../ports.ts';

/** See https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html for the three ways a token is gone. */
export function stepFunctionsTokens(client = new SFNClient({})): Tokens {
  return {
    async succeed(token, output) {
      try {
        await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }));
        return 'sent';
      } catch (error) {
        const gone = [TaskTimedOut, TaskDoesNotExist, InvalidToken].some((kind) => error instanceof kind);
        if (gone) return 'gone';
        throw error;
      }
    },
  };
}
