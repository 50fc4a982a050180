/** What the twin runs: the synthesized stack as typed, resolved definitions. Made by `load.ts`, read by every part of the world. */
import type { TargetInput } from '../events/input.ts';
import type { Statement } from '../iam/policy.ts';
import type { TableDefinition } from '../wire/dynamodb/table-definition.ts';
import type { BucketDefinition } from '../wire/s3/bucket.ts';
import type { SecretDefinition } from '../wire/secrets/secret-store.ts';
import type { QueueDefinition } from '../wire/sqs/intake.ts';
import type { Place } from './resource.ts';

/** A container-image function. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Folder in cdk.out that the image is built from. */
  readonly asset: string;
  /** The image's command: `<module>.<export>`. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}

/** Who may invoke a function besides identities of the account. */
export interface InvokePermission {
  readonly functionArn: string;
  readonly principal: string;
  readonly sourceArn?: string | undefined;
}

/** A queue whose messages a function gets. */
export interface EventSourceDefinition {
  readonly queueArn: string;
  readonly functionArn: string;
  readonly batchSize: number;
  readonly reportsItemFailures: boolean;
}

/** A Standard state machine; `definition` is its JSON text with every reference resolved. */
export interface StateMachineDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly definition: string;
}

export interface BusDefinition {
  readonly name: string;
  readonly arn: string;
}

/** Where a rule sends what it matched. */
export interface TargetDefinition {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string | undefined;
  /** What becomes of the event on its way. */
  readonly input: TargetInput;
  readonly deadLetterArn?: string | undefined;
  readonly messageGroupId?: string | undefined;
}

export interface RuleDefinition {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly enabled: boolean;
  /** Undefined for a rule that only runs on a schedule. */
  readonly pattern?: unknown;
  /** Interval of a rule with a schedule. Milliseconds. */
  readonly everyMs?: number | undefined;
  readonly targets: readonly TargetDefinition[];
}

export interface ArchiveDefinition {
  readonly name: string;
  readonly busArn: string;
  readonly pattern?: unknown;
}

/** A group that schedules are made in. */
export interface ScheduleGroupDefinition {
  readonly name: string;
  readonly arn: string;
}

/** A queue, and what its policy says. */
export interface StackQueue extends QueueDefinition {
  readonly arn: string;
  readonly url: string;
  readonly policy: readonly Statement[];
}

/** A widget of a dashboard; only those of metrics have any. */
export interface WidgetDefinition {
  readonly kind: string;
  readonly title: string;
  /** On a grid of 24 columns. */
  readonly place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Of a widget of metrics: `timeSeries`, `bar`, `singleValue`. */
  readonly view?: string | undefined;
  readonly markdown?: string | undefined;
  /** Of a widget that asks the logs. */
  readonly query?: string | undefined;
  readonly metrics: readonly MetricOfWidget[];
}

/** Which numbers a line or a bar is made of. */
export interface MetricReference {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Maximum`, `p50`. */
  readonly statistic: string;
  readonly periodSeconds: number;
}

export interface MetricOfWidget extends MetricReference {
  readonly label: string;
  readonly color?: string | undefined;
  readonly isRight: boolean;
}

/** An alarm over one metric, or over an expression of several. */
export interface AlarmDefinition {
  readonly name: string;
  readonly description: string;
  readonly threshold: number;
  readonly comparison: 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold';
  readonly periods: number;
  readonly missing: 'notBreaching' | 'breaching';
  /** By the name that the expression knows it by. */
  readonly metrics: Readonly<Record<string, MetricReference>>;
  /** Absent over one metric. */
  readonly expression?: string | undefined;
}

/** A topic that people are told through. */
export interface TopicDefinition {
  readonly arn: string;
  /** The key its messages are encrypted with. */
  readonly kmsKeyArn?: string | undefined;
}

/** A secret, and where its first value comes from. */
export interface StackSecret extends SecretDefinition {
  /** What CloudFormation would make up; `template` is JSON text that gets it as `key`. */
  readonly generate?:
    | { readonly length: number; readonly template?: string | undefined; readonly key?: string | undefined }
    | undefined;
  readonly value?: string | undefined;
}

/** A job definition of one Fargate container. */
export interface JobDefinition {
  readonly name: string;
  readonly arn: string;
  readonly jobRoleArn: string;
  /** Folder in cdk.out that the image is built from. */
  readonly asset: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds an attempt may run; undefined: up to Fargate's 14 days. */
  readonly timeoutSeconds?: number | undefined;
  readonly vcpus: number;
  readonly memoryMb: number;
  readonly storageGiB: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface JobQueueDefinition {
  readonly name: string;
  readonly arn: string;
  readonly computeEnvironment: string;
}

/** A CodeBuild project that builds images of components. */
export interface BuildProject {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** A route of the HTTP API that invokes a function. */
export interface RouteDefinition {
  /** For example `POST /webhook`, or `$default`. */
  readonly key: string;
  readonly apiId: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
}

/** A role and everything its policies say. */
export interface RoleDefinition {
  readonly name: string;
  readonly arn: string;
  /** Who may be it. */
  readonly trust: readonly Statement[];
  readonly statements: readonly Statement[];
}

/** A KMS key and what its policy says. */
export interface KeyDefinition {
  readonly arn: string;
  readonly policy: readonly Statement[];
}

/** The whole stack. */
export interface Assembly {
  readonly place: Place;
  readonly functions: readonly FunctionDefinition[];
  readonly invokePermissions: readonly InvokePermission[];
  readonly eventSources: readonly EventSourceDefinition[];
  readonly stateMachines: readonly StateMachineDefinition[];
  readonly buses: readonly BusDefinition[];
  readonly rules: readonly RuleDefinition[];
  readonly archives: readonly ArchiveDefinition[];
  readonly scheduleGroups: readonly ScheduleGroupDefinition[];
  readonly queues: readonly StackQueue[];
  readonly topics: readonly TopicDefinition[];
  readonly alarms: readonly AlarmDefinition[];
  readonly widgets: readonly WidgetDefinition[];
  readonly tables: readonly TableDefinition[];
  readonly buckets: readonly BucketDefinition[];
  readonly secrets: readonly StackSecret[];
  readonly jobDefinitions: readonly JobDefinition[];
  readonly jobQueues: readonly JobQueueDefinition[];
  readonly buildProjects: readonly BuildProject[];
  readonly routes: readonly RouteDefinition[];
  readonly roles: readonly RoleDefinition[];
  readonly keys: readonly KeyDefinition[];
}
