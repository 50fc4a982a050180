/** The event that Step Functions puts on the default bus when an execution changes its status. */
import type { Json } from '../asl/json.ts';
import type { ExecutionRecord } from '../asl/record.ts';
import { redriveStatus } from '../asl/redrive.ts';

/** Over this many bytes input and output are left out. https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const DATA_LIMIT = 248 * 1024;

/** The event of an execution as it is now. */
export function executionEvent(record: ExecutionRecord): {
  source: string;
  detailType: string;
  resources: readonly string[];
  detail: Json;
} {
  const input = JSON.stringify(record.input);
  const output = record.output === undefined ? null : JSON.stringify(record.output);
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? '') <= DATA_LIMIT;
  const milliseconds = (date: string | undefined) => (date === undefined ? null : Date.parse(date));
  return {
    source: 'aws.states',
    detailType: 'Step Functions Execution Status Change',
    resources: [record.arn],
    detail: {
      executionArn: record.arn,
      stateMachineArn: record.stateMachineArn,
      name: record.name,
      status: record.status,
      startDate: milliseconds(record.startDate),
      stopDate: milliseconds(record.stopDate),
      input: included ? input : null,
      inputDetails: { included },
      output: included ? output : null,
      outputDetails: output === null ? null : { included },
      error: record.error ?? null,
      cause: record.cause ?? null,
      redriveCount: record.redriveCount,
      redriveDate: milliseconds(record.redriveDate),
      ...redriveStatus(record, Date.now()),
    },
  };
}
