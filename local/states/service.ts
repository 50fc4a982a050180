/** Step Functions' endpoint for functions: executions and task tokens. */
import { z } from 'zod';
import { StatesServiceError } from '../asl/errors.ts';
import type { ExecutionRecord } from '../asl/record.ts';
import { redriveStatus } from '../asl/redrive.ts';
import { AwsError } from '../wire/errors.ts';
import { type JsonInput, jsonService, type Operation, parsed } from '../wire/json-service.ts';
import type { Permission, Service } from '../wire/service.ts';
import type { Executions } from './executions.ts';

const executionArn = z.string();
const page = { maxResults: z.int().min(0).max(1000).default(100), nextToken: z.string().optional() };
/** Timestamps travel as seconds since 1970. */
const seconds = (date: string) => Date.parse(date) / 1000;

/** https://docs.aws.amazon.com/step-functions/latest/apireference/ */
export function statesService(executions: Executions): Service {
  const operations: Record<string, Operation> = {
    StartExecution: parsed(
      z.strictObject({
        stateMachineArn: z.string(),
        name: z.string().optional(),
        input: z.string().default('{}'),
        traceHeader: z.string().optional(),
      }),
      (input) => {
        const { record } = executions.start(input);
        return { executionArn: record.arn, startDate: seconds(record.startDate) };
      },
    ),
    DescribeExecution: parsed(
      z.strictObject({ executionArn, includedData: z.literal('ALL_DATA').optional() }),
      (input) => description(executions.find(input.executionArn)),
    ),
    StopExecution: parsed(
      z.strictObject({ executionArn, error: z.string().optional(), cause: z.string().optional() }),
      ({ executionArn: arn, error, cause }) => {
        const failure = {
          ...(error === undefined ? {} : { error }),
          ...(cause === undefined ? {} : { cause }),
        };
        const { stopDate } = executions.stop(arn, failure);
        return { stopDate: seconds(stopDate ?? new Date().toISOString()) };
      },
    ),
    RedriveExecution: parsed(
      z.strictObject({ executionArn, clientToken: z.string().max(64).optional() }),
      (input) => {
        const { redriveDate } = executions.redrive(input.executionArn);
        return { redriveDate: seconds(redriveDate ?? new Date().toISOString()) };
      },
    ),
    GetExecutionHistory: parsed(
      z.strictObject({
        executionArn,
        ...page,
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.literal(true).optional(),
      }),
      ({ executionArn: arn, reverseOrder, ...asked }) => {
        const events = executions.history(arn);
        const { items, nextToken } = pageOf(reverseOrder ? events.toReversed() : events, asked);
        return {
          events: items.map((event) => ({ ...event, timestamp: seconds(event.timestamp) })),
          nextToken,
        };
      },
    ),
    ListExecutions: parsed(
      z.strictObject({ stateMachineArn: z.string(), statusFilter: z.string().optional(), ...page }),
      ({ stateMachineArn, statusFilter, ...asked }) => {
        const prefix = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:`;
        const found = executions
          .entries()
          .filter(({ arn, status }) => arn.startsWith(prefix) && (statusFilter ?? status) === status)
          .toReversed();
        const { items, nextToken } = pageOf(found, asked);
        return { executions: items.map(({ arn }) => summary(executions.find(arn))), nextToken };
      },
    ),
    SendTaskSuccess: parsed(z.strictObject({ taskToken: z.string(), output: z.string() }), (input) => {
      executions.tokens.sendSuccess(input.taskToken, input.output);
    }),
    SendTaskFailure: parsed(
      z.strictObject({ taskToken: z.string(), error: z.string().optional(), cause: z.string().optional() }),
      ({ taskToken, error, cause }) => {
        executions.tokens.sendFailure(taskToken, error, cause);
      },
    ),
    SendTaskHeartbeat: parsed(z.strictObject({ taskToken: z.string() }), (input) => {
      executions.tokens.sendHeartbeat(input.taskToken);
    }),
  };
  const definition = {
    name: 'states',
    target: 'AWSStepFunctions',
    permissions: (operation: string, input: JsonInput): Permission[] => [
      { action: `states:${operation}`, resource: resourceOf(executions, input) },
    ],
  };
  return jsonService(definition, wrapped(operations));
}

/** Tokens belong to the machine whose task waits; a token nobody knows is refused by the operation itself. */
function resourceOf(executions: Executions, input: JsonInput): string | undefined {
  const { executionArn: arn, stateMachineArn, taskToken } = input;
  if (typeof taskToken === 'string') return executions.machineOfToken(taskToken) ?? '*';
  return [arn, stateMachineArn].find((value) => typeof value === 'string');
}

/** The interpreter's API errors as AWS's. */
function wrapped(operations: Record<string, Operation>): Record<string, Operation> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]): [string, Operation] => [
      name,
      async (input, request) => {
        try {
          return await run(input, request);
        } catch (error) {
          if (error instanceof StatesServiceError) throw new AwsError(error.name, error.message);
          throw error;
        }
      },
    ]),
  );
}

function pageOf<T>(
  all: readonly T[],
  { maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined },
) {
  const from = Number(nextToken ?? 0);
  const to = from + (maxResults || 100);
  return { items: all.slice(from, to), nextToken: to < all.length ? String(to) : undefined };
}

function summary(record: ExecutionRecord) {
  return {
    executionArn: record.arn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.status,
    startDate: seconds(record.startDate),
    stopDate: record.stopDate === undefined ? undefined : seconds(record.stopDate),
    mapRunArn: record.mapRunArn,
    redriveCount: record.redriveCount,
    redriveDate: record.redriveDate === undefined ? undefined : seconds(record.redriveDate),
  };
}

function description(record: ExecutionRecord) {
  return {
    ...summary(record),
    input: JSON.stringify(record.input),
    inputDetails: { included: true },
    output: record.output === undefined ? undefined : JSON.stringify(record.output),
    outputDetails: record.output === undefined ? undefined : { included: true },
    error: record.error,
    cause: record.cause,
    ...redriveStatus(record, Date.now()),
  };
}
