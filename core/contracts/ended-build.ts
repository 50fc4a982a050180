/** What Step Functions tells of a CodeBuild build that has ended, for its price and its place in the timeline. Read by `build` and `record`. */
import * as z from 'zod';
import { appProject } from '../app-image.ts';
import { type Architecture, architectureSchema } from '../words.ts';

const architectureOf = (project: unknown): Architecture | undefined =>
  architectureSchema.options.find((one) => appProject(one) === project);

/**
 * In Step Functions' capitals, times in milliseconds since 1970: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html
 * A build starts when it is submitted.
 */
export const endedBuildSchema = z
  .object({
    Id: z.string().min(1),
    ProjectName: z.preprocess(architectureOf, architectureSchema),
    BuildStatus: z.string(),
    StartTime: z.coerce.date(),
    EndTime: z.coerce.date(),
  })
  .transform(({ Id, ProjectName, BuildStatus, StartTime, EndTime }) => ({
    id: Id,
    architecture: ProjectName,
    failed: BuildStatus !== 'SUCCEEDED',
    startedAt: StartTime.toISOString(),
    endedAt: EndTime.toISOString(),
  }));
export type EndedBuild = z.output<typeof endedBuildSchema>;
