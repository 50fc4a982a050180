/** What the bus tells of a release that people may want to hear: `git-status` publishes it, a rule hands it to the topics. */
import * as z from 'zod';
import { operationSchema, releaseVerdictSchema } from '../words.ts';
import { releaseRefSchema } from './release.ts';

/**
 * `asks`: changes in one environment wait for a person. The others are ends of a release: its verdict, or, where that is `failed`, what
 * became of the environment.
 */
export const announcementKindSchema = z.enum([
  'asks',
  ...releaseVerdictSchema.exclude(['waiting']).options,
  'rolled-back',
  'broken',
]);
export type AnnouncementKind = z.infer<typeof announcementKindSchema>;

export const announcementSchema = z.object({
  kind: announcementKindSchema,
  release: releaseRefSchema,
  /** `owner/name` */
  repository: z.string(),
  branch: z.string(),
  operation: operationSchema,
  /** One line: what happened, and where. */
  title: z.string(),
  /** What is known of it, for people; several lines at most. */
  text: z.string(),
  /** Where it is shown on GitHub. */
  link: z.string(),
  /** The runbook's heading, as in a link. */
  heading: z.string(),
});
export type Announcement = z.infer<typeof announcementSchema>;

/** Names under which `git-status` publishes and rules match. */
export const ANNOUNCEMENT_EVENT = { source: 'belay.release', detailType: 'Release announced' } as const;
