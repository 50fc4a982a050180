import { expect, test } from '@jest/globals';
import type { TargetEnd } from '../../../core/contracts/functions.ts';
import { failureName } from '../../../core/deployment/failure-name.ts';

const job = (exitCode?: number) =>
  JSON.stringify({ JobId: 'j', Container: { ...(exitCode !== undefined && { ExitCode: exitCode }) } });
const broke = (error: string, cause: string): TargetEnd => ({ kind: 'broke', stage: 'apply', error, cause });

test.each<[string, TargetEnd]>([
  ['ToolFailed', broke('States.TaskFailed', job(10))],
  ['NotAdmitted', broke('States.TaskFailed', job(20))],
  ['BadInput', broke('States.TaskFailed', job(30))],
  ['ServicesSilent', broke('States.TaskFailed', job(40))],
  ['Killed', broke('States.TaskFailed', job(143))],
  ['Killed', broke('States.TaskFailed', job(137))],
  // An executor that crashed: whatever it was, the tool's stage did not go through.
  ['ToolFailed', broke('States.TaskFailed', job(1))],
  ['NoJob', broke('States.TaskFailed', job())],
  ['NoJob', broke('Batch.ClientException', 'the queue is disabled')],
  ['TimedOut', broke('States.Timeout', '')],
  ['BuildFailed', { kind: 'broke', stage: 'build', error: 'States.TaskFailed', cause: '{"Build":{}}' }],
  ['FunctionFailed', { kind: 'broke', stage: 'build', error: 'Error', cause: '{"errorMessage":"no"}' }],
  ['FunctionFailed', broke('Error', '{"errorMessage":"no such table"}')],
  ['Unfit', { kind: 'decided', outcome: 'failed', reason: 'its inputs are not there' }],
])('%s', (name, end) => {
  expect(failureName(end)).toBe(name);
});
