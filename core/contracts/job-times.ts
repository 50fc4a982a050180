/** What a job says of its own time when it signs off: what its trace, its place in the timeline and its price are made of. */
import * as z from 'zod';

const span = { startedAt: z.iso.datetime(), endedAt: z.iso.datetime() };

export const jobTimesSchema = z.object({
  /** From the start of its process to the moment it signs off. */
  ...span,
  /** The image's way to Fargate, where Fargate tells. What is paid for begins with it. */
  pull: z.object(span).optional(),
  /** What it was given, where Fargate tells. GiB. */
  size: z
    .object({
      vcpu: z.number().positive().max(32),
      memory: z.number().positive().max(244),
      storage: z.number().positive().max(200).optional(),
    })
    .optional(),
  /** What it printed. */
  logBytes: z.int().nonnegative(),
  /** It did not end well. */
  failed: z.boolean(),
  /** One after another or side by side: `fetch`, `init`, `plan` … The words are the executor's, whatever the tool does. */
  steps: z.array(z.object({ name: z.string().regex(/^[a-z][a-z-]{0,29}$/), ...span })).max(100),
});
export type JobTimes = z.infer<typeof jobTimesSchema>;
