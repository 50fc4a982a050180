/** The job's view of Belay's own services. `aws-services.ts` is the one that runs; tests bring their own. */
import type * as z from 'zod';
import type { admit, artifacts, secrets } from '../core/contracts/job-services.ts';

export interface Services {
  /** `job.json`, parsed but not checked. */
  readSpec(): Promise<unknown>;
  /** The `result.json` beside the spec, parsed but not checked; undefined when there is none. */
  readResult(): Promise<unknown>;
  admit(input: z.input<typeof admit.input>): Promise<z.output<typeof admit.output>>;
  artifacts(input: z.input<typeof artifacts.input>): Promise<z.output<typeof artifacts.output>>;
  secrets(input: z.input<typeof secrets.input>): Promise<z.output<typeof secrets.output>>;
}
