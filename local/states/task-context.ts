/** What the handlers of tasks are given: the world they act on, the call, and what the machine's role may do. */

import { StatesError } from '../asl/errors.ts';
import type { TaskCall } from '../asl/host.ts';
import type { Place } from '../assembly/resource.ts';
import type { Jobs } from '../batch/jobs.ts';
import type { Builds } from '../builds/builds.ts';
import type { Functions } from '../lambda/functions.ts';
import type { Principals } from '../wire/principals.ts';
import type { ObjectStore } from '../wire/s3/object-store.ts';
import type { Authorize, Permission } from '../wire/service.ts';
import type { Executions } from './executions.ts';

/** The parts of the world that tasks use. */
export interface TaskWorld {
  readonly place: Place;
  readonly functions: Functions;
  readonly jobs: Jobs;
  readonly builds: Builds;
  readonly objects: ObjectStore;
  readonly executions: () => Executions;
  readonly principals: Principals;
  readonly authorize: Authorize;
}

/** One task's call, with the permissions of its machine. */
export interface TaskContext extends TaskWorld {
  readonly call: TaskCall;
  /** What Step Functions hands on to functions and nested executions; to a Batch job it hands on nothing. */
  readonly traceHeader: string | undefined;
  /** Why the machine's role may not do something; undefined when it may. */
  refusal(permission: Permission): string | undefined;
  /** Throws `<service>.<code>` unless the machine's role may do it. */
  require(service: string, permission: Permission): void;
}

/** The arguments of a task, checked; a field the twin does not know is an error and not ignored. */
export function checkedArguments<T>(
  schema: {
    safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
  },
  call: TaskCall,
): T {
  const result = schema.safeParse(call.arguments);
  if (result.success) return result.data;
  const cause = `The Arguments of "${call.stateName}" are not what the twin serves: ${result.error.message}`;
  throw new StatesError('States.Runtime', cause);
}
