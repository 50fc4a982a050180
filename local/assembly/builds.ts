/** Reads the CodeBuild projects that build images of components; those of Belay's own images are not run. */
import { z } from 'zod';
import type { BuildProject } from './model.ts';
import type { Resolver } from './resolve.ts';
import type { Resource } from './resource.ts';
import { attributeOf, ignored, readAll } from './schema.ts';

/** Their names begin like this. The twin runs the bundles of cdk.out directly, so none of these images is built. */
const OWN_IMAGES = 'belay-image-';

const projectSchema = z.strictObject({
  Name: z.string(),
  Description: ignored,
  Artifacts: z.strictObject({ Type: z.literal('NO_ARTIFACTS') }),
  Cache: z.strictObject({ Type: z.literal('NO_CACHE') }).optional(),
  EncryptionKey: ignored,
  Environment: z.strictObject({
    ComputeType: ignored,
    EnvironmentVariables: z
      .array(z.strictObject({ Name: z.string(), Type: z.literal('PLAINTEXT'), Value: z.string() }))
      .default([]),
    Image: ignored,
    ImagePullCredentialsType: ignored,
    PrivilegedMode: ignored,
    Type: ignored,
  }),
  LogsConfig: ignored,
  QueuedTimeoutInMinutes: ignored,
  ServiceRole: z.string(),
  // What its commands do is done by local/builds; that they are those of lib/app-buildspec.yml is tested there.
  Source: z.strictObject({ Type: z.literal('NO_SOURCE'), BuildSpec: z.string() }),
  Tags: ignored,
  TimeoutInMinutes: z.int().default(60),
  Visibility: ignored,
});

/** The projects that are run. */
export function readBuildProjects(resolver: Resolver): BuildProject[] {
  const reader = {
    type: 'AWS::CodeBuild::Project',
    schema: projectSchema,
    isRun: (resource: Resource) => !resource.name.startsWith(OWN_IMAGES),
  };
  return readAll(resolver, reader, (properties, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
    roleArn: properties.ServiceRole,
    environment: Object.fromEntries(
      properties.Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]),
    ),
    timeoutSeconds: properties.TimeoutInMinutes * 60,
  }));
}
