/** The CDK app's entry: configuration in, the stack out, refused where it breaks a rule of AwsSolutions without saying why. */
import { App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import configuration from '../belay.config.ts';
import { readConfiguration } from '../core/configuration/read.ts';
import { BelayStack } from '../lib/belay-stack.ts';
import { idleBill } from '../lib/idle-bill.ts';

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new BelayStack(app, 'Belay', {
    description: 'Belay: serverless GitOps pipeline for infrastructure code',
    configuration: readConfiguration(configuration),
  });
  const { template } = app.synth().getStackByName(stack.stackName);
  process.stderr.write(idleBill(template));
} catch (error) {
  // CDK errors drag kilobytes of minified source along; their message alone says what is wrong.
  process.stderr.write(`synthesizing Belay: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
