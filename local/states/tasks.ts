/** The service integrations of the twin: what a Task's Resource does, under the role of its machine. */
import { traceHeader } from '../../core/trace/trace-header.ts';
import { StatesError } from '../asl/errors.ts';
import type { TaskCall } from '../asl/host.ts';
import type { Json } from '../asl/json.ts';
import type { ExecutionRecord } from '../asl/record.ts';
import type { Principal } from '../wire/principals.ts';
import type { Permission } from '../wire/service.ts';
import { executionTrace } from '../xray/aws-segments.ts';
import { invokeFunction } from './invoke-function.ts';
import { readObject } from './read-object.ts';
import { runExecution } from './run-execution.ts';
import { startBuild } from './start-build.ts';
import { submitJob } from './submit-job.ts';
import type { TaskContext, TaskWorld } from './task-context.ts';

const integrations: Readonly<Record<string, (context: TaskContext) => Promise<Json>>> = {
  'lambda:invoke': invokeFunction,
  'lambda:invoke.waitForTaskToken': invokeFunction,
  'batch:submitJob.sync': submitJob,
  'codebuild:startBuild.sync': startBuild,
  'states:startExecution.sync:2': runExecution,
  's3:getObject': readObject,
};

function integrationOf(resource: string) {
  return integrations[resource.replace(/^arn:aws:states:::/, '')];
}

/** Whether the twin runs tasks of this resource. */
export function supportsTask(resource: string): boolean {
  return integrationOf(resource) !== undefined;
}

/** Makes the handler of all tasks. */
export function createTasks(world: TaskWorld) {
  const sessions = new Map<string, Principal>();
  const sessionOf = ({ roleArn, stateMachineName }: ExecutionRecord) => {
    const session =
      sessions.get(roleArn) ??
      world.principals.openSession(roleArn, { sessionName: stateMachineName.replace(/\W/g, '-') });
    sessions.set(roleArn, session);
    return session;
  };
  return async (resource: string, call: TaskCall, record: ExecutionRecord): Promise<Json> => {
    const run = integrationOf(resource);
    if (run === undefined) throw new Error(`the twin does not run tasks of ${resource}`);
    const principal = sessionOf(record);
    const refusal = (permission: Permission) => world.authorize({ principal, ...permission });
    const require = (service: string, permission: Permission) => {
      const reason = refusal(permission);
      if (reason === undefined) return;
      const { action, resource: object } = permission;
      const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${object} because ${reason}`;
      throw new StatesError(`${service}.AccessDeniedException`, message);
    };
    const trace = executionTrace(record);
    return run({ ...world, call, refusal, require, traceHeader: trace && traceHeader(trace) });
  };
}
