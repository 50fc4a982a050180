/** What a running job is made of: the ports it is given, and the state its steps share. */
import type { ExecutorSettings } from '../core/contracts/executor.ts';
import type { JobResult, JobSpec } from '../core/contracts/job.ts';
import type { JobProof } from '../core/contracts/job-services.ts';
import type { Log } from './log.ts';
import type { Masking } from './masking.ts';
import type { Services } from './services.ts';
import type { Steps } from './steps.ts';
import type { Stop } from './stop.ts';
import type { Workspace } from './workspace.ts';

/** What a job is given from outside. */
export interface JobPorts {
  readonly settings: ExecutorSettings;
  readonly services: Services;
  readonly stop: Stop;
  /** Command that starts this executor again: Node and the bundle. */
  readonly executor: readonly string[];
  /** The executor's own environment, of which the tool gets what `tool-environment.ts` lists. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** When this process started. */
  readonly begunAt: Date;
  readonly sleep: (ms: number) => Promise<void>;
  /** Takes one line of the log, with its line end. */
  readonly write: (line: string) => void;
}

/** An admitted job. */
export interface Job extends JobPorts {
  readonly spec: JobSpec;
  readonly proof: JobProof;
  readonly workspace: Workspace;
  readonly log: Log;
  readonly masking: Masking;
  /** Parts of the result, filled in by the stage as it learns them, so that a failed job tells them too. */
  readonly report: Pick<JobResult, 'plan' | 'tool' | 'diagnostics'>;
  readonly steps: Steps;
  /** Artifact name → file to keep. */
  readonly keep: Map<string, string>;
}
