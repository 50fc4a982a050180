/** A build as the twin keeps it, and as Step Functions shows it. */
import type { Json } from '../asl/json.ts';
import type { BuildProject } from '../assembly/model.ts';

export interface Build {
  /** `<project>:<uuid>` */
  readonly id: string;
  readonly arn: string;
  readonly project: BuildProject;
  /** The project's variables with those of the start. */
  readonly environment: Readonly<Record<string, string>>;
  /** File that everything it prints goes to. */
  readonly log: string;
  /** When it was submitted. */
  readonly startedAt: Date;
  endedAt?: Date;
  status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'STOPPED' | 'TIMED_OUT';
  /** What went wrong, in the phase it went wrong in. */
  problem?: { readonly phase: 'PRE_BUILD' | 'BUILD'; readonly message: string };
}

/** In Step Functions' capitals, times in milliseconds since 1970. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html */
export function buildDetail({ id, arn, project, log, startedAt, endedAt, status, problem }: Build): Json {
  return {
    Build: {
      Id: id,
      Arn: arn,
      ProjectName: project.name,
      BuildComplete: status !== 'IN_PROGRESS',
      BuildStatus: status,
      StartTime: startedAt.getTime(),
      ...(endedAt && { EndTime: endedAt.getTime() }),
      Logs: { DeepLink: log },
      Phases:
        problem === undefined
          ? []
          : [
              {
                PhaseType: problem.phase,
                PhaseStatus: status === 'IN_PROGRESS' ? 'FAILED' : status,
                Contexts: [{ StatusCode: 'COMMAND_EXECUTION_ERROR', Message: problem.message }],
              },
            ],
    },
  };
}
