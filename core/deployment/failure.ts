/** Why something failed, as one line for people, from what Step Functions and Batch tell; called by `record` and `settle`. */
import { type EndedBuild, endedBuildSchema } from '../contracts/ended-build.ts';
import { EXIT_CODE } from '../contracts/job.ts';

const meanings: Readonly<Record<number, string>> = {
  [EXIT_CODE.refused]: 'the job was not admitted, nothing was touched',
  [EXIT_CODE.badInput]: 'the job could not use its spec, snapshot or plan bundle, nothing was touched',
  [EXIT_CODE.infrastructure]: 'the services of Belay did not answer the job',
  [EXIT_CODE.terminated]: 'the job was terminated',
  137: 'the job was killed, perhaps for lack of memory',
};

/**
 * `error` and `cause` are those of the failed state. A Batch job's cause is the JSON of the job, a function's is that of its
 * exception (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html); others are text.
 */
export function failureReason(error: string, cause: string): string {
  const facts = parsed(cause);
  if (typeof facts?.errorMessage === 'string') return oneLine(facts.errorMessage);
  if (facts && ('Container' in facts || 'StatusReason' in facts)) return jobFailure(facts);
  if (isRecord(facts?.Build)) return buildFailure(facts.Build);
  return oneLine(cause === '' ? error : `${error}: ${cause}`);
}

/** A sentence with a cause at its end, as the machines build it (`finding the affected targets: {"errorMessage":…}`), made readable. */
export function readableReason(text: string): string {
  const start = text.indexOf('{');
  const cause = text.slice(start);
  if (start === -1 || parsed(cause) === undefined) return oneLine(text);
  return oneLine(`${text.slice(0, start)}${failureReason('', cause)}`);
}

/** Exit code of the job whose end is the cause; undefined when the cause is no job's or the job never ran. */
export function exitCodeOf(cause: string): number | undefined {
  const container = parsed(cause)?.Container;
  return isRecord(container) && typeof container.ExitCode === 'number' ? container.ExitCode : undefined;
}

/** The build whose end is the cause; undefined when that is no build's. */
export function endedBuildOf(cause: string): EndedBuild | undefined {
  return endedBuildSchema.safeParse(parsed(cause)?.Build).data;
}

function jobFailure({ Container: container, StatusReason: statusReason }: Record<string, unknown>): string {
  const { ExitCode: code, Reason: reason } = isRecord(container) ? container : {};
  const meaning = typeof code === 'number' ? meanings[code] : undefined;
  const parts = [
    meaning ?? reason ?? statusReason ?? 'the job failed',
    ...(typeof code === 'number' ? [`exit code ${code}`] : []),
  ];
  return oneLine(parts.join(', '));
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html, in Step Functions' capitals. */
function buildFailure({ BuildStatus: status, Phases: phases, Logs: logs }: Record<string, unknown>): string {
  const failed = (Array.isArray(phases) ? phases.filter(isRecord) : []).find(
    ({ PhaseStatus }) => PhaseStatus !== undefined && PhaseStatus !== 'SUCCEEDED',
  );
  const contexts = Array.isArray(failed?.Contexts) ? failed.Contexts.filter(isRecord) : [];
  const said = contexts.map(({ Message }) => Message).filter((message) => typeof message === 'string');
  const link = isRecord(logs) && typeof logs.DeepLink === 'string' ? [`log: ${logs.DeepLink}`] : [];
  return oneLine([String(status), ...said, ...link].join(', '));
}

function parsed(cause: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(cause);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
