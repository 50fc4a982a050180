/** Synthesizes the stack of another configuration than the default, without bundling: the bundles are not looked at. Loads the CDK. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { type ConfigurationInput, configurationSchema } from '../../core/configuration/schema.ts';
import { BelayStack } from '../../lib/belay-stack.ts';
import type { Template } from './assembly.ts';

const context = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8')).context;

export function synthesize(configuration: ConfigurationInput): Template {
  // The built-in template validation runs in `cdk synth`; here it would only cost a second per test file.
  process.env.CDK_VALIDATION = 'false';
  const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new BelayStack(app, 'Belay', { configuration: configurationSchema.parse(configuration) });
  return app.synth().getStackByName(stack.stackName).template;
}
