/** Reads the state machines. */
import { z } from 'zod';
import type { StateMachineDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { ignored, readAll, referenceTo } from './schema.ts';

const stateMachineSchema = z.strictObject({
  StateMachineName: ignored,
  DefinitionString: z.string(),
  RoleArn: z.string(),
  StateMachineType: z.literal('STANDARD', 'the twin runs Standard machines only').optional(),
  EncryptionConfiguration: ignored,
  LoggingConfiguration: ignored,
  Tags: ignored,
  TracingConfiguration: ignored,
});

/** The state machines, their definitions as the template says. */
export function readStateMachines(resolver: Resolver): StateMachineDefinition[] {
  const reader = { type: 'AWS::StepFunctions::StateMachine', schema: stateMachineSchema };
  return readAll(resolver, reader, (properties, resource) => ({
    name: resource.name,
    arn: referenceTo(resolver, resource),
    roleArn: properties.RoleArn,
    definition: properties.DefinitionString,
  }));
}
