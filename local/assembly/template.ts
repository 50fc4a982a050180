/** Reads a synthesized CloudFormation template from the cloud assembly; `load.ts` makes resources of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
/** One resource as the template writes it: properties unresolved. */

const templateSchema = z.object({
  Parameters: z
    .record(z.string(), z.object({ Type: z.string(), Default: z.unknown().optional() }))
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema),
});
/** The parts of a template the twin works with. */
export type Template = z.infer<typeof templateSchema>;

/**
 * Reads `<stack>.template.json`.
 * @throws Error saying how to produce it when it is not there.
 */
export function readTemplate(cdkOut: string, stack: string): Template {
  const file = join(cdkOut, `${stack}.template.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`reading the synthesized stack: ${file} cannot be read; run "npx cdk synth" first`, {
      cause: error,
    });
  }
  return templateSchema.parse(JSON.parse(text));
}
