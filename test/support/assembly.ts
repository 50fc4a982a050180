/** Synthesizes the stack once for the tests that look at the template, without bundling (the bundles are not looked at here). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { type ConfigurationInput, configurationSchema } from '../../core/configuration/schema.ts';
import { BelayStack } from '../../lib/belay-stack.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: properties of many resource types, read by tests
  readonly Properties: Record<string, any>;
}

const context = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8')).context;

/** Logical id → resource of the stack that is synthesized with this configuration. */
export const synthesize = (configuration: ConfigurationInput = {}) => template(configuration).Resources;

/** The whole template, for what is no resource. */
export function template(configuration: ConfigurationInput = {}): {
  readonly Resources: Record<string, Resource>;
  readonly Outputs: Record<string, { readonly Value: unknown }>;
} {
  // The built-in template validation runs in `cdk synth`; here it would only cost a second per test file.
  process.env.CDK_VALIDATION = 'false';
  const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new BelayStack(app, 'Belay', { configuration: configurationSchema.parse(configuration) });
  return app.synth().getStackByName(stack.stackName).template;
}

/** Renders a value with intrinsic functions as text: references become `<LogicalId>` or `<LogicalId.Attribute>`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return String(value);
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  if (name === 'Ref') return argument === 'AWS::Partition' ? 'aws' : `<${argument}>`;
  if (name === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map(text).join(separator);
  }
  if (name === 'Fn::Select' || name === 'Fn::Split') return `<${name}>`;
  throw new Error(`rendering ${JSON.stringify(value)}: unknown intrinsic function`);
}

/** All states of a definition, inner ones too, with the machine's or processor's start. */
export interface Flow {
  readonly name: string;
  readonly StartAt: string;
  // biome-ignore lint/suspicious/noExplicitAny: Amazon States Language, read by tests
  readonly States: Record<string, any>;
}

/** The machine's flow and the flows nested in its Map and Parallel states. */
export function flows(name: string, definition: Omit<Flow, 'name'>): Flow[] {
  const nested = Object.entries(definition.States).flatMap(([state, body]) =>
    [body.ItemProcessor, ...(body.Branches ?? [])]
      .filter(Boolean)
      .flatMap((inner) => flows(`${name}/${state}`, inner)),
  );
  return [{ ...definition, name }, ...nested];
}
