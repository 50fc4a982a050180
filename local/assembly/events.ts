/** Reads event buses, their archives, rules with their targets, and the groups of schedules. */
import { z } from 'zod';
import type {
  ArchiveDefinition,
  BusDefinition,
  RuleDefinition,
  ScheduleGroupDefinition,
  TargetDefinition,
} from './model.ts';
import type { Resolver } from './resolve.ts';
import { attributeOf, ignored, readAll } from './schema.ts';

const busSchema = z.strictObject({
  Name: z.string(),
  Description: ignored,
  DeadLetterConfig: ignored,
  KmsKeyIdentifier: ignored,
  LogConfig: ignored,
  Tags: ignored,
});

/** The buses of the stack; the account's `default` bus exists besides them. */
export function readBuses(resolver: Resolver): BusDefinition[] {
  return readAll(resolver, { type: 'AWS::Events::EventBus', schema: busSchema }, (_, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
  }));
}

const targetSchema = z
  .strictObject({
    Id: z.string(),
    Arn: z.string(),
    RoleArn: z.string().optional(),
    Input: z.string().optional(),
    InputPath: z.string().optional(),
    InputTransformer: z
      .strictObject({
        InputPathsMap: z.record(z.string(), z.string()).default({}),
        InputTemplate: z.string(),
      })
      .optional(),
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
    // Nothing in the twin fails for a while only: a delivery that fails goes to the dead letters at once.
    RetryPolicy: ignored,
    SqsParameters: z.strictObject({ MessageGroupId: z.string() }).optional(),
  })
  .transform(
    ({ Input, InputPath, InputTransformer, ...target }): TargetDefinition => ({
      id: target.Id,
      arn: target.Arn,
      roleArn: target.RoleArn,
      input: {
        ...(Input === undefined ? {} : { Input }),
        ...(InputPath === undefined ? {} : { InputPath }),
        ...(InputTransformer === undefined ? {} : { InputTransformer }),
      },
      deadLetterArn: target.DeadLetterConfig?.Arn,
      messageGroupId: target.SqsParameters?.MessageGroupId,
    }),
  );

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = {
  minute: MINUTE_MS,
  hour: 60 * MINUTE_MS,
  day: 24 * 60 * MINUTE_MS,
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
function intervalOf(expression: string, context: z.RefinementCtx): number {
  const [, count, unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const every = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (Number.isFinite(every)) return every;
  context.addIssue({ code: 'custom', message: `the twin runs rate(…) schedules only, not ${expression}` });
  return z.NEVER;
}

const ruleSchema = z.strictObject({
  Name: ignored,
  Description: ignored,
  Tags: ignored,
  EventBusName: z.string().default('default'),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  ScheduleExpression: z.string().transform(intervalOf).optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(targetSchema).max(5).default([]),
});

/** The rules of the stack. */
export function readRules(resolver: Resolver): RuleDefinition[] {
  return readAll(resolver, { type: 'AWS::Events::Rule', schema: ruleSchema }, (properties, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
    busName: properties.EventBusName.replace(/^arn:.*:event-bus\//, ''),
    enabled: properties.State === 'ENABLED',
    pattern: properties.EventPattern,
    everyMs: properties.ScheduleExpression,
    targets: properties.Targets,
  }));
}

const archiveSchema = z.strictObject({
  ArchiveName: ignored,
  Description: ignored,
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  KmsKeyIdentifier: ignored,
  RetentionDays: ignored,
  SourceArn: z.string(),
});

/** The archives of the stack's buses. */
export function readArchives(resolver: Resolver): ArchiveDefinition[] {
  return readAll(
    resolver,
    { type: 'AWS::Events::Archive', schema: archiveSchema },
    (properties, resource) => ({
      name: resource.name,
      busArn: properties.SourceArn,
      pattern: properties.EventPattern,
    }),
  );
}

const scheduleGroupSchema = z.strictObject({ Name: ignored, Tags: ignored });

/** The groups that functions make schedules in; the stack itself has no schedules. */
export function readScheduleGroups(resolver: Resolver): ScheduleGroupDefinition[] {
  const reader = { type: 'AWS::Scheduler::ScheduleGroup', schema: scheduleGroupSchema };
  return readAll(resolver, reader, (_, resource) => ({
    name: resource.name,
    arn: attributeOf(resolver, resource, 'Arn'),
  }));
}
