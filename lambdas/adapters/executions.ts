/** The state of Step Functions executions; made once by the functions that ask whether an owner still lives. */
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import type { Executions } from '../ports.ts';

/** An execution waiting to be redriven (`PENDING_REDRIVE`) runs on. */
export function stepFunctionsExecutions(client = new SFNClient({})): Executions {
  return {
    async isRunning(execution) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn: execution }));
        return status === 'RUNNING' || status === 'PENDING_REDRIVE';
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist) return false;
        throw error;
      }
    },
  };
}
