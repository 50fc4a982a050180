/** IAM policy documents as plain statements; read from the template, evaluated in `evaluate.ts`. */
import { z } from 'zod';

const texts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const conditionValues = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => [value].flat().map(String));

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  /** Only in resource policies. */
  Principal: z.union([z.literal('*'), z.record(z.string(), texts)]).optional(),
  /** Operator → condition key → accepted values. */
  Condition: z.record(z.string(), z.record(z.string(), conditionValues)).optional(),
});
/** One statement, every list as an array. */
export type Statement = z.infer<typeof statementSchema>;

/** A policy document. Members the evaluator would not look at are errors. */
export const policyDocumentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z
    .union([z.array(statementSchema), statementSchema])
    .transform((statements) => [statements].flat()),
});
export type PolicyDocument = z.infer<typeof policyDocumentSchema>;
