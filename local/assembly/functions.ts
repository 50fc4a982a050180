/** Reads functions, who may invoke them, and the queues that feed them. */
import { z } from 'zod';
import { assetOfImage } from './images.ts';
import type { EventSourceDefinition, FunctionDefinition, InvokePermission } from './model.ts';
import type { Resolver } from './resolve.ts';
import { arnOf, type Resource } from './resource.ts';
import { attributeOf, ignored, readAll } from './schema.ts';

const functionSchema = z.strictObject({
  FunctionName: ignored,
  PackageType: z.literal('Image', 'only container-image functions run in the twin'),
  Code: z.strictObject({ ImageUri: z.string() }),
  ImageConfig: z.strictObject({ Command: z.array(z.string()).length(1) }),
  Role: z.string(),
  Timeout: z.int().max(900).default(3),
  MemorySize: z.int().default(128),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
  Architectures: ignored,
  Description: ignored,
  EphemeralStorage: ignored,
  KmsKeyArn: ignored,
  LoggingConfig: ignored,
  ReservedConcurrentExecutions: ignored,
  Tags: ignored,
  TracingConfig: ignored,
});

/** Serves CloudFormation while images are built, and the twin builds none: the reason is that of AWS::CloudFormation::CustomResource. */
const BUILDS_IMAGES = 'image-build.handler';

/** All functions of the stack that work while it is in use. */
export function readFunctions(resolver: Resolver, cdkOut: string): FunctionDefinition[] {
  const reader = {
    type: 'AWS::Lambda::Function',
    schema: functionSchema,
    isRun: (resource: Resource) => resource.property('Handler') !== BUILDS_IMAGES,
  };
  return readAll(resolver, reader, (properties, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
    roleArn: properties.Role,
    asset: assetOfImage(cdkOut, properties.Code.ImageUri),
    handler: properties.ImageConfig.Command[0] ?? '',
    environment: properties.Environment?.Variables ?? {},
    timeoutSeconds: properties.Timeout,
    memoryMb: properties.MemorySize,
  }));
}

const permissionSchema = z.strictObject({
  Action: z.literal('lambda:InvokeFunction'),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: ignored,
});

/** Who may invoke which function. */
export function readInvokePermissions(resolver: Resolver): InvokePermission[] {
  return readAll(resolver, { type: 'AWS::Lambda::Permission', schema: permissionSchema }, (properties) => ({
    functionArn: functionArn(resolver, properties.FunctionName),
    principal: properties.Principal,
    sourceArn: properties.SourceArn,
  }));
}

const eventSourceSchema = z.strictObject({
  EventSourceArn: z.string().regex(/^arn:aws:sqs:/, 'only queues feed functions in the twin'),
  FunctionName: z.string(),
  BatchSize: z.int().min(1).max(10).default(10),
  Enabled: z.literal(true).optional(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumBatchingWindowInSeconds: z.literal(0).optional(),
  ScalingConfig: ignored,
  Tags: ignored,
});

/** Which queue feeds which function. */
export function readEventSources(resolver: Resolver): EventSourceDefinition[] {
  const reader = { type: 'AWS::Lambda::EventSourceMapping', schema: eventSourceSchema };
  return readAll(resolver, reader, (properties) => ({
    queueArn: properties.EventSourceArn,
    functionArn: functionArn(resolver, properties.FunctionName),
    batchSize: properties.BatchSize,
    reportsItemFailures: properties.FunctionResponseTypes.length > 0,
  }));
}

/** Templates name a function by its name or its ARN. */
function functionArn(resolver: Resolver, nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf(resolver.place, 'lambda', `function:${nameOrArn}`);
}
