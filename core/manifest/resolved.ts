/** A target as the manifest resolves it: everything its jobs need to know, as it travels in S3 documents. */
import * as z from 'zod';
import { architectureSchema } from '../words.ts';

/** `auto`: the executor's OpenTofu, or Terraform where that is the only one installed. */
export const toolSchema = z.enum(['auto', 'opentofu', 'terraform', 'shell']);
export type Tool = z.infer<typeof toolSchema>;

export const approvalSchema = z.enum(['never', 'on-destroy', 'always']);

/** How much is brought back to last good when a target fails in the cloud. */
export const rollbackSchema = z.enum(['connected', 'environment', 'target', 'off']);
export type Rollback = z.infer<typeof rollbackSchema>;

/** The shell tool's commands; what is not declared is not done. */
export const commandsSchema = z
  .object({
    plan: z.string(),
    apply: z.string(),
    destroy: z.string(),
    rollback: z.string(),
    cleanup: z.string(),
    outputs: z.string(),
  })
  .partial();

/** What an image is built of before the plan. */
export const buildSchema = z.object({
  /** Repository path of the build's context. */
  context: z.string(),
  /** Path in the context. */
  dockerfile: z.string(),
  /** What the local twin runs where there is no builder; AWS never does. */
  local: z.object({ run: z.string() }).optional(),
});
export type BuildSettings = z.infer<typeof buildSchema>;

/** The input that a component with `build` has its image by. */
export const IMAGE_INPUT = 'image';

export const resolvedTargetSchema = z.object({
  component: z.string(),
  /** The component's name in earlier commits: what is deployed under that name is taken over. */
  formerly: z.string().optional(),
  environment: z.string(),
  path: z.string(),
  tool: toolSchema,
  toolVersion: z.string().optional(),
  arch: architectureSchema,
  needs: z.array(z.string()),
  /** Input name → which output of which component. */
  inputs: z.record(z.string(), z.object({ component: z.string(), output: z.string() })),
  env: z.record(z.string(), z.string()),
  variables: z.record(z.string(), z.json()),
  watch: z.array(z.string()),
  /** Environment variable name → secret name. */
  secrets: z.record(z.string(), z.string()),
  test: z.object({ run: z.string() }).optional(),
  commands: commandsSchema.optional(),
  build: buildSchema.optional(),
  policy: z.object({
    approval: approvalSchema,
    approvers: z.array(z.string()),
    selfApproval: z.boolean(),
    protect: z.array(z.string()),
    rollback: rollbackSchema,
  }),
});
export type ResolvedTarget = z.infer<typeof resolvedTargetSchema>;
