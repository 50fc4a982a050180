/** The one interface of the tools: what the job runner asks of OpenTofu, Terraform and the shell. */
import type { Diagnostic, JobSpec, Outputs, PlanSummary } from '../../core/contracts/job.ts';
import type { Log } from '../log.ts';
import type { Masking } from '../masking.ts';
import type { Run } from '../processes.ts';
import type { Stop } from '../stop.ts';
import type { Workspace } from '../workspace.ts';

/** What a tool works with. */
export interface ToolContext {
  readonly spec: JobSpec;
  readonly workspace: Workspace;
  /** Complete environment of the tool's processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: Outputs;
  /** The job has no way to the internet. */
  readonly closed: boolean;
  readonly run: Run;
  readonly log: Log;
  readonly masking: Masking;
  readonly stop: Stop;
}

/** A plan as the tool tells it; the runner adds the bundle's digest. */
export interface ToolPlan extends Omit<PlanSummary, 'planDigest'> {
  /** The tool's own machine-readable plan, for `plan.json`. */
  readonly planJson?: string;
  /** True when the tool wrote `plan.bin` at the workspace's root. */
  readonly hasPlanFile: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Every method throws a JobFailure (with diagnostics) when the tool says no, and begins no new process once a stop is asked for.
 */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /**
   * Makes the tree ready before anything is compared or run: generated files that must be the same in plan and apply.
   */
  prepare(): Promise<void>;
  /** @returns warnings */
  validate(): Promise<readonly Diagnostic[]>;
  /** Validates, then plans; the plan of a destroy operation when the spec says so. */
  plan(): Promise<ToolPlan>;
  /** Applies exactly what the opened plan bundle holds; of a destroy plan too. */
  apply(): Promise<void>;
  /** The outputs after an apply. */
  outputs(): Promise<Outputs>;
}
