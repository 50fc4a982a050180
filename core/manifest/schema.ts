/** The shape of `belay.yaml` as one zod schema: the only description of its keys; `parse.ts` checks with it, the JSON Schema is made from it. */
import * as z from 'zod';
import { architectureSchema } from '../words.ts';
import type { JsonValue } from './json-value.ts';
import { repositoryPath } from './repository-path.ts';
import { isReservedName } from './reserved-names.ts';
import { approvalSchema, type commandsSchema, rollbackSchema } from './resolved.ts';
import { didYouMean } from './suggest.ts';

const tools = ['opentofu', 'terraform', 'shell'];
const knownButNotServedTools = ['cloudformation', 'cdk', 'helm'];

/** Names of components and environments: they become parts of S3 keys and of commit status contexts. */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, {
  error: 'must be lower-case letters, digits and hyphens, a letter first, at most 40 characters',
});

const environmentVariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'is not the name of an environment variable: letters, digits and `_`, not a digit first',
  })
  .refine((text) => !isReservedName(text), { error: 'is reserved: Belay sets it in every job' });

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, {
  error: 'is not the name of a variable: letters, digits, `_` and `-`, a letter or `_` first',
});

const path = z.string().superRefine((text, context) => {
  const message = pathProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const watchGlob = z.string().superRefine((text, context) => {
  const message = text.startsWith('!') ? 'must not begin with `!`: name what to watch' : pathProblem(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const command = z.string().min(1);
const env = z.record(environmentVariableName, z.string());
const variables = z.record(variableName, z.json());
const secrets = z.record(
  environmentVariableName,
  z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, {
    error: 'must be the name of a secret (letters, digits and `/_+=.@-`), not its ARN',
  }),
);
const approvers = listOf(z.string().min(1));
const protect = listOf(
  z.string().regex(/^\S+$/, { error: 'must be a resource type such as `aws_db_instance`' }),
);

const tool = z.enum(['opentofu', 'terraform', 'shell'], {
  error: ({ input }) =>
    knownButNotServedTools.includes(String(input))
      ? `\`${input}\` is not served by this version of Belay; use one of ${tools.join(', ')}`
      : `must be one of ${tools.join(', ')}${typeof input === 'string' ? didYouMean(input, tools) : ''}`,
});

const toolVersion = z
  .string({ error: 'must be an exact version in full, such as `1.11.0`' })
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, {
    error: 'must be an exact version in full, such as `1.11.0`',
  });

const account = z
  .string({
    error: ({ input }) =>
      input === undefined ? undefined : 'must be 12 digits in quotes, such as `"111122223333"`',
  })
  .regex(/^\d{12}$/, { error: 'must be 12 digits in quotes, such as `"111122223333"`' });

const badTtl = 'must be minutes, hours or days, such as `30m`, `72h` or `14d`';

const region = z
  .string()
  .regex(/^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/, { error: 'must be an AWS region, such as `eu-west-1`' });

const ttl = z.string({ error: badTtl }).regex(/^[1-9]\d{0,3}[mhd]$/, { error: badTtl });

const after = z.union([name, listOf(name)], {
  error: 'must be the name of an environment, or a list of such names',
});

const environment = z.strictObject({
  account,
  region,
  after: after.optional(),
  approval: approvalSchema.optional(),
  approvers: approvers.optional(),
  selfApproval: z.boolean().optional(),
  protect: protect.optional(),
  rollback: rollbackSchema.optional(),
  ttl: ttl.optional(),
  env: env.optional(),
  variables: variables.optional(),
});

const componentInEnvironment = z.strictObject({
  env: env.optional(),
  variables: variables.optional(),
  secrets: secrets.optional(),
  approval: approvalSchema.optional(),
  approvers: approvers.optional(),
  protect: protect.optional(),
});

const component = z.strictObject({
  path,
  needs: listOf(name).optional(),
  inputs: z
    .record(
      variableName,
      z.string().regex(/^[a-z][a-z0-9-]{0,39}\.[A-Za-z_][A-Za-z0-9_-]*$/, {
        error: 'must be `component.output`, such as `network.vpc_id`',
      }),
    )
    .optional(),
  environments: listOf(name).min(1).optional(),
  in: z.record(name, componentInEnvironment).optional(),
  env: env.optional(),
  variables: variables.optional(),
  secrets: secrets.optional(),
  watch: listOf(watchGlob).optional(),
  tool: tool.optional(),
  toolVersion: toolVersion.optional(),
  arch: architectureSchema.optional(),
  commands: z
    .strictObject({
      plan: command,
      apply: command,
      destroy: command,
      rollback: command,
      cleanup: command,
      outputs: command,
    } satisfies Record<keyof typeof commandsSchema.shape, z.ZodType>)
    .partial()
    .refine((commands) => Object.keys(commands).length > 0, { error: 'must name at least one command' })
    .optional(),
  test: z.strictObject({ run: command }).optional(),
  build: z
    .strictObject({
      context: path,
      dockerfile: path.optional(),
      local: z.strictObject({ run: command }).optional(),
    })
    .optional(),
  approval: approvalSchema.optional(),
  approvers: approvers.optional(),
  protect: protect.optional(),
  rollback: rollbackSchema.optional(),
  formerly: name.optional(),
});

const defaults = z.strictObject({
  tool: tool.optional(),
  toolVersion: toolVersion.optional(),
  arch: architectureSchema.optional(),
  approval: approvalSchema.optional(),
  approvers: approvers.optional(),
  selfApproval: z.boolean().optional(),
  protect: protect.optional(),
  rollback: rollbackSchema.optional(),
  env: env.optional(),
  variables: variables.optional(),
});

/** The whole of `belay.yaml`. What no single value shows (references, circles, clashes) is checked by the rules. */
export const manifestSchema = z.strictObject({
  version: z.literal(1, { error: 'must be 1' }),
  environments: z
    .record(name, environment)
    .refine(isNotEmpty, { error: 'must name at least one environment' }),
  defaults: defaults.optional(),
  components: z.record(name, component).refine(isNotEmpty, { error: 'must name at least one component' }),
});

/** A manifest that passed every check, as plain data. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest's JSON Schema for editors, committed as `docs/manifest.schema.json`. */
export function manifestJsonSchema(): JsonValue {
  const schema = z.toJSONSchema(manifestSchema, { io: 'input' });
  // A round trip: what is compared and committed is JSON, without zod's own non-JSON members.
  return JSON.parse(JSON.stringify({ title: 'belay.yaml', ...schema })) as JsonValue;
}

/** A list in which nothing stands twice; the second of two equals is the one complained about. */
function listOf(item: z.ZodString) {
  return z
    .array(item)
    .superRefine((items, context) => {
      items.forEach((one, index) => {
        if (items.indexOf(one) < index)
          context.addIssue({ code: 'custom', path: [index], message: `\`${one}\` is listed twice` });
      });
    })
    .meta({ uniqueItems: true });
}

function isNotEmpty(map: object): boolean {
  return Object.keys(map).length > 0;
}

function pathProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty; the root of the repository is `.`';
  if (text.startsWith('/')) return 'must be relative to the root of the repository, not absolute';
  if (text.includes('\\')) return 'must be written with `/`, not `\\`';
  return repositoryPath(text) === undefined ? 'must stay inside the repository' : undefined;
}
