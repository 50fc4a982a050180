/** The state of Step Functions executions; made once by the functions that ask whether an owner still lives. */
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  ExecutionNotRedrivable,
  RedriveExecutionCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { ExecutionStatus, Executions, Redrives } from '../ports.ts';

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

/** Redriving executions; made once by the functions that set things right. */
export function stepFunctionsRedrives(client = new SFNClient({})): Redrives {
  return {
    async look(execution) {
      try {
        const found = await client.send(new DescribeExecutionCommand({ executionArn: execution }));
        const status = known.find((one) => one === found.status) ?? 'RUNNING';
        if (found.redriveStatus === 'REDRIVABLE') return { status, problem: undefined };
        return { status, problem: found.redriveStatusReason ?? `the execution is ${found.status}` };
      } catch (error) {
        if (!(error instanceof ExecutionDoesNotExist)) throw error;
        return { status: 'UNKNOWN', problem: 'Step Functions does not know the execution any more' };
      }
    },
    async redrive(execution) {
      try {
        await client.send(new RedriveExecutionCommand({ executionArn: execution }));
        return undefined;
      } catch (error) {
        if (error instanceof ExecutionNotRedrivable) return error.message;
        throw error;
      }
    },
  };
}

/** `PENDING_REDRIVE`, of the children of a Distributed Map, counts as running. */
const known: readonly ExecutionStatus[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
