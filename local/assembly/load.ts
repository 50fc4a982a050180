/** Loads the synthesized stack from cdk.out: what the world runs is exactly what would be deployed. */
import { readJobDefinitions, readJobQueues } from './batch.ts';
import { readBuildProjects } from './builds.ts';
import { readArchives, readBuses, readRules, readScheduleGroups } from './events.ts';
import { readEventSources, readFunctions, readInvokePermissions } from './functions.ts';
import { readStateMachines } from './machines.ts';
import type { Assembly } from './model.ts';
import { Resolver } from './resolve.ts';
import { LOCAL_ACCOUNT } from './resource.ts';
import { resourceType } from './resource-types.ts';
import { readKeys, readRoles } from './roles.ts';
import { readRoutes } from './routes.ts';
import { readBuckets, readQueues, readSecrets, readTables } from './stores.ts';
import { readTemplate } from './template.ts';
import { readTopics } from './topics.ts';
import { readAlarms, readWidgets } from './watching.ts';

/** Where the stack is and what it is to be told. */
export interface AssemblyOptions {
  /** The folder `cdk synth` wrote. */
  readonly cdkOut: string;
  /** URL of the twin's AWS endpoint. */
  readonly endpoint: string;
  /** @default Belay */
  readonly stack?: string;
  /** @default eu-west-1 */
  readonly region?: string;
  /** Values of CloudFormation parameters without a default. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * Reads and resolves the whole stack.
 * @throws Error naming every resource type the twin does not know, or the first property it does not serve.
 */
export function loadAssembly(options: AssemblyOptions): Assembly {
  const stack = options.stack ?? 'Belay';
  const template = readTemplate(options.cdkOut, stack);
  const place = {
    stack,
    account: LOCAL_ACCOUNT,
    region: options.region ?? 'eu-west-1',
    endpoint: options.endpoint,
  };
  const unknown = Object.entries(template.Resources).filter(
    ([, { Type }]) => resourceType(Type) === undefined,
  );
  if (unknown.length > 0) {
    const names = unknown.map(([logicalId, { Type }]) => `${Type} (${logicalId})`).join(', ');
    throw new Error(
      `loading stack ${stack}: the twin does not know ${names}; each type is either run or named with a reason in local/assembly/resource-types.ts`,
    );
  }
  const resolver = new Resolver(template, place, options.parameters);
  return {
    place,
    functions: readFunctions(resolver, options.cdkOut),
    invokePermissions: readInvokePermissions(resolver),
    eventSources: readEventSources(resolver),
    stateMachines: readStateMachines(resolver),
    buses: readBuses(resolver),
    rules: readRules(resolver),
    archives: readArchives(resolver),
    scheduleGroups: readScheduleGroups(resolver),
    queues: readQueues(resolver),
    topics: readTopics(resolver),
    alarms: readAlarms(resolver),
    widgets: readWidgets(resolver),
    tables: readTables(resolver),
    buckets: readBuckets(resolver),
    secrets: readSecrets(resolver),
    jobDefinitions: readJobDefinitions(resolver, options.cdkOut),
    jobQueues: readJobQueues(resolver),
    buildProjects: readBuildProjects(resolver),
    routes: readRoutes(resolver),
    roles: readRoles(resolver),
    keys: readKeys(resolver),
  };
}
