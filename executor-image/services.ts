/** The job's view of Belay's own services. `aws-services.ts` is the one that runs; tests bring their own. */
import type * as z from 'zod';
import type { admit, artifacts, secrets } from '../core/contracts/job-services.ts';

export interface Services {
  /** What the job is to do. @throws JobFailure `refused` when the spec is not this job's, or not any more. */
  readSpec(): Promise<unknown>;
  admit(input: z.input<typeof admit.input>): Promise<z.output<typeof admit.output>>;
  artifacts(input: z.input<typeof artifacts.input>): Promise<z.output<typeof artifacts.output>>;
  secrets(input: z.input<typeof secrets.input>): Promise<z.output<typeof secrets.output>>;
}
