/** Helpers for the schemas that read resource properties: strict, so that a property nobody thought of is an error. */
import { z } from 'zod';
import type { Resolver } from './resolve.ts';
import type { Resource } from './resource.ts';

/** A property that is known and makes no difference on one machine (encryption, networks, logs, tags …). */
export const ignored = z.unknown().optional();

/** CloudFormation's tags as a record. */
export const tagsSchema = z
  .union([z.array(z.object({ Key: z.string(), Value: z.string() })), z.record(z.string(), z.string())])
  .default({})
  .transform((tags) =>
    Array.isArray(tags) ? Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) : tags,
  );

/**
 * The properties of a resource, checked.
 * @throws Error naming the resource and every property the twin does not serve.
 */
function readProperties<T extends z.ZodType>(resolver: Resolver, resource: Resource, schema: T): z.output<T> {
  const result = schema.safeParse(resolver.properties(resource));
  if (result.success) return result.data;
  throw new Error(
    `reading ${resource.type} "${resource.logicalId}" for the local twin:\n${z.prettifyError(result.error)}`,
  );
}

/** Reads every resource of a type; `isRun` passes over those that the twin deliberately does not run. */
export function readAll<T extends z.ZodType, Definition>(
  resolver: Resolver,
  reader: { readonly type: string; readonly schema: T; isRun?(resource: Resource): boolean },
  define: (properties: z.output<T>, resource: Resource) => Definition,
): Definition[] {
  return resolver
    .resourcesOf(reader.type)
    .filter((resource) => reader.isRun?.(resource) ?? true)
    .map((resource) => define(readProperties(resolver, resource, reader.schema), resource));
}

/** What `Fn::GetAtt` would answer for a resource that is at hand. */
export function attributeOf(resolver: Resolver, resource: Resource, attribute: string): string {
  return String(resolver.value({ 'Fn::GetAtt': [resource.logicalId, attribute] }, resource.logicalId));
}

/** What `Ref` would answer for a resource that is at hand. */
export function referenceTo(resolver: Resolver, resource: Resource): string {
  return String(resolver.value({ Ref: resource.logicalId }, resource.logicalId));
}
