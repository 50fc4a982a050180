/** `last-good.json`: all it takes to bring a target back. Written by `record`, read when a later release fails in the cloud. */
import * as z from 'zod';
import { resolvedTargetSchema } from '../manifest/resolved.ts';
import { architectureSchema } from '../words.ts';
import { inputsSchema, jobResultSchema } from './job.ts';
import { commitSchema } from './push.ts';

export const lastGoodDocumentSchema = z.object({
  version: z.literal(1),
  commit: commitSchema,
  /** The release that deployed this commit of it. */
  release: z.string(),
  entry: resolvedTargetSchema,
  account: z.string(),
  region: z.string(),
  contentKey: z.string(),
  inputKey: z.string(),
  /** The values it was deployed with, sensitive ones included: the bucket's encryption is their protection, as for all outputs. */
  inputs: inputsSchema,
  /** Repository paths its plan read besides the component's directory. */
  dependencies: z.array(z.string()),
  tool: jobResultSchema.shape.tool,
  architecture: architectureSchema,
  /** S3 keys of its own copies: the snapshot, and the plan bundle, which holds the lock file unless the snapshot does. */
  source: z.string(),
  bundle: z.string(),
});
export type LastGoodDocument = z.infer<typeof lastGoodDocumentSchema>;
