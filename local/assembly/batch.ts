/** Reads job definitions (one Fargate container each) and job queues. */
import { z } from 'zod';
import { assetOfImage } from './images.ts';
import type { JobDefinition, JobQueueDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { ignored, readAll, referenceTo, tagsSchema } from './schema.ts';

const environmentSchema = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value])));

/** What a container says in either form; sizes are texts in both. */
const container = {
  Image: z.string(),
  Command: z.array(z.string()),
  Environment: environmentSchema,
  ResourceRequirements: z.array(z.strictObject({ Type: z.enum(['VCPU', 'MEMORY']), Value: z.string() })),
  LogConfiguration: ignored,
  LinuxParameters: ignored,
  Privileged: z.literal(false).optional(),
  ReadonlyRootFilesystem: ignored,
  User: ignored,
};
/** What belongs to the container in `containerProperties` and to the task in `ecsProperties`. */
const task = {
  ExecutionRoleArn: ignored,
  JobRoleArn: z.string().optional(),
  TaskRoleArn: z.string().optional(),
  EphemeralStorage: z.strictObject({ SizeInGiB: z.int() }).optional(),
  NetworkConfiguration: ignored,
  RuntimePlatform: ignored,
  EnableExecuteCommand: ignored,
};
const containerPropertiesSchema = z.strictObject({
  ...container,
  ...task,
  FargatePlatformConfiguration: ignored,
});
const ecsPropertiesSchema = z.strictObject({
  TaskProperties: z.tuple([
    z.strictObject({
      ...task,
      PlatformVersion: ignored,
      Containers: z.tuple([
        z.strictObject({ ...container, Name: z.string().optional(), Essential: z.literal(true).optional() }),
      ]),
    }),
  ]),
});

const jobDefinitionSchema = z.strictObject({
  JobDefinitionName: ignored,
  Type: z.literal('container'),
  PlatformCapabilities: z.tuple([z.literal('FARGATE')]),
  PropagateTags: ignored,
  Parameters: z.strictObject({}).optional(),
  ContainerProperties: containerPropertiesSchema.optional(),
  EcsProperties: ecsPropertiesSchema.optional(),
  RetryStrategy: z
    .object({ Attempts: z.literal(1, 'the twin runs every job once; retries belong to the state machine') })
    .optional(),
  ResourceRetentionPolicy: ignored,
  SchedulingPriority: ignored,
  Tags: tagsSchema,
  Timeout: z.strictObject({ AttemptDurationSeconds: z.int().min(60).optional() }).optional(),
});

/** The job definitions. */
export function readJobDefinitions(resolver: Resolver, cdkOut: string): JobDefinition[] {
  const reader = { type: 'AWS::Batch::JobDefinition', schema: jobDefinitionSchema };
  return readAll(resolver, reader, (properties, resource) => {
    const [ecsTask] = properties.EcsProperties?.TaskProperties ?? [];
    const image = properties.ContainerProperties ?? ecsTask?.Containers[0];
    const roleArn = properties.ContainerProperties?.JobRoleArn ?? ecsTask?.TaskRoleArn;
    if (image === undefined || roleArn === undefined) {
      throw new Error(
        `reading job definition "${resource.logicalId}": it needs one container and a job role`,
      );
    }
    const size = (type: 'VCPU' | 'MEMORY') =>
      Number(image.ResourceRequirements.find((requirement) => requirement.Type === type)?.Value);
    return {
      name: resource.name,
      arn: referenceTo(resolver, resource),
      jobRoleArn: roleArn,
      asset: assetOfImage(cdkOut, image.Image),
      command: image.Command,
      environment: image.Environment,
      timeoutSeconds: properties.Timeout?.AttemptDurationSeconds,
      vcpus: size('VCPU'),
      memoryMb: size('MEMORY'),
      storageGiB: (properties.ContainerProperties ?? ecsTask)?.EphemeralStorage?.SizeInGiB ?? 20,
      tags: properties.Tags,
    };
  });
}

const jobQueueSchema = z.strictObject({
  JobQueueName: ignored,
  ComputeEnvironmentOrder: z.array(z.strictObject({ ComputeEnvironment: z.string(), Order: z.int() })).min(1),
  JobStateTimeLimitActions: ignored,
  Priority: ignored,
  SchedulingPolicyArn: z.undefined('fair-share scheduling does not run in the twin').optional(),
  State: z.literal('ENABLED').default('ENABLED'),
  Tags: ignored,
});

/** The job queues; the twin's job slots stand for their compute environments. */
export function readJobQueues(resolver: Resolver): JobQueueDefinition[] {
  return readAll(
    resolver,
    { type: 'AWS::Batch::JobQueue', schema: jobQueueSchema },
    (properties, resource) => {
      const [first] = properties.ComputeEnvironmentOrder.toSorted((a, b) => a.Order - b.Order);
      const computeEnvironment = first?.ComputeEnvironment.replace(/^.*compute-environment\//, '') ?? '';
      return { name: resource.name, arn: referenceTo(resolver, resource), computeEnvironment };
    },
  );
}
