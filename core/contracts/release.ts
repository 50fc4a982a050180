/** What a release is made of: the small reference in every machine state, and the `release.json` artifact. */
import * as z from 'zod';
import { resolvedTargetSchema } from '../manifest/resolved.ts';
import { traceHeaderSchema } from '../trace/trace-header.ts';
import { operationSchema } from '../words.ts';
import { mergeGroupSchema } from './merge-group.ts';
import { pullSchema } from './pull.ts';
import { commitSchema, repositorySchema } from './push.ts';

/** The reference that travels through every state of the machines. */
export const releaseRefSchema = z.object({
  /** `<yyyymmdd>-<sha7>-<n>`. */
  id: z.string().regex(/^\d{8}-[0-9a-f]{7}-\d+$/),
  /** GitHub's numeric repository id. */
  repository: z.int().positive(),
  commit: commitSchema,
  /** So that jobs and status messages, which AWS hands no trace on to, belong to the change's. */
  trace: traceHeaderSchema.optional(),
});
export type ReleaseRef = z.infer<typeof releaseRefSchema>;

/** A target as found in the commit, with the `../` references its code makes (used until a plan has told better). */
export const releaseTargetSchema = z.object({
  entry: resolvedTargetSchema,
  references: z.array(z.string()),
  /** Why a pull request's plan cannot plan it before it is merged. */
  deferred: z.string().optional(),
});
export type ReleaseTarget = z.infer<typeof releaseTargetSchema>;

/** What a release that plans a pull request works on. */
export const plannedPullSchema = pullSchema.extend({
  /** The base branch's head that it was merged into. */
  onto: commitSchema,
  /** The merge: a commit that only Belay has. */
  merge: commitSchema,
});

/** `release.json`: what the commit (or who asked) wants, independent of what is deployed by then. Environments are in `after` order. */
export const releaseDocumentSchema = z.object({
  version: z.literal(1),
  release: releaseRefSchema,
  /** @default apply */
  operation: operationSchema.optional(),
  /** Of a destroy that nobody asked for: the environment's `ttl` is over. */
  because: z.literal('ttl').optional(),
  repository: repositorySchema,
  /** Of a plan: `release.commit` is the head then, where people look; what is planned is the merge. */
  pull: plannedPullSchema.optional(),
  /** Of a plan of GitHub's merge queue, whose commit is planned as it is. `fork`: a pull request in it is from another repository. */
  mergeGroup: mergeGroupSchema.extend({ fork: z.boolean() }).optional(),
  branch: z.string(),
  /** The commit's root tree id. Absent where no commit is brought: what is worked on then is what is deployed. */
  rootTree: z.string().optional(),
  environments: z.array(
    z.object({
      name: z.string(),
      account: z.string(),
      region: z.string(),
      after: z.array(z.string()),
      /** Seconds. */
      ttl: z.int().positive().optional(),
      targets: z.array(releaseTargetSchema),
    }),
  ),
});
export type ReleaseDocument = z.infer<typeof releaseDocumentSchema>;
export type ReleaseEnvironment = ReleaseDocument['environments'][number];

/** `targets.json`: one item per target of the pass, the items of the Distributed Map. */
export const mapItemSchema = z.object({
  component: z.string(),
  test: z.boolean(),
  /** Whether an image is built before its plan; absent: no. */
  build: z.boolean().optional(),
  /** Those that must have ended before it, where that is not what the manifest's `needs` say: in a rollback and in a destroy. */
  after: z.array(z.string()).optional(),
  /** The stage that changes the cloud once its plan was let through. */
  write: z.enum(['apply', 'destroy']),
});
export type MapItem = z.infer<typeof mapItemSchema>;
