/** Under which of a few names a target's failure is counted; called by `record`. What exactly went wrong is in the outcome's reason. */
import type { TargetEnd } from '../contracts/functions.ts';
import { EXIT_CODE } from '../contracts/job.ts';
import { exitCodeOf } from './failure.ts';

/**
 * `ToolFailed`: the tool or the test said no. `NotAdmitted`, `BadInput`, `ServicesSilent`: the job's own words for why it did nothing or
 * did not get on. `Killed`: a signal ended it. `NoJob`: it never ran, or left no exit code. `TimedOut`: its state's time was over.
 * `BuildFailed`: the image of the component could not be built. `FunctionFailed`: a function of the pipeline. `Unfit`: a function decided so before any job (inputs, names, a blocked state). `Lost`:
 * nobody told how it ended.
 */
export const FAILURES = [
  'ToolFailed',
  'NotAdmitted',
  'BadInput',
  'ServicesSilent',
  'Killed',
  'NoJob',
  'TimedOut',
  'BuildFailed',
  'FunctionFailed',
  'Unfit',
  'Lost',
] as const;
export type FailureName = (typeof FAILURES)[number];

const OF_EXIT_CODE: Readonly<Record<number, FailureName>> = {
  [EXIT_CODE.failed]: 'ToolFailed',
  [EXIT_CODE.refused]: 'NotAdmitted',
  [EXIT_CODE.badInput]: 'BadInput',
  [EXIT_CODE.infrastructure]: 'ServicesSilent',
  [EXIT_CODE.terminated]: 'Killed',
  137: 'Killed',
};

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation */
export function failureName(end: TargetEnd): FailureName {
  if (end.kind !== 'broke') return 'Unfit';
  const { error, cause } = end;
  const exitCode = exitCodeOf(cause);
  if (exitCode !== undefined) return OF_EXIT_CODE[exitCode] ?? 'ToolFailed';
  if (error === 'States.Timeout') return 'TimedOut';
  if (end.stage === 'build' && /^(CodeBuild\.|States\.TaskFailed$)/.test(error)) return 'BuildFailed';
  if (error.startsWith('Batch.') || cause.includes('"JobId"')) return 'NoJob';
  return 'FunctionFailed';
}
