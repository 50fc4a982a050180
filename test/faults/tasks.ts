/** What the machines' Tasks call, as far as they use it: Lambda, Batch, S3, nested executions. Called by `machines.ts`. */
import { StatesError } from '../../local/asl/errors.ts';
import type { Execution } from '../../local/asl/execution.ts';
import type { TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import type { Batch } from './batch.ts';
import { type Functions, isFunction } from './functions.ts';
import type { KINDS, Points } from './points.ts';

/** What a Task works with. */
export interface TaskWorld {
  readonly points: Points;
  readonly functions: () => Functions;
  readonly batch: () => Batch;
  readonly read: (key: string) => Promise<Uint8Array | undefined>;
  /** Starts a Deployment under the execution of the Task. */
  readonly start: (input: Json) => Execution;
  /** Whether a nested execution is stopped with its parent. */
  readonly stopsNested: () => boolean;
  trail(line: string): void;
}

type TaskKind = Extract<keyof typeof KINDS.task, string>;

/** @throws StatesError as the service would have it. */
export function runTask(resource: string, call: TaskCall, world: TaskWorld): Promise<Json> {
  if (resource.endsWith(':s3:getObject')) return readItems(call, world);
  if (resource.endsWith(':states:startExecution.sync:2')) return runDeployment(call, world);
  if (resource.endsWith(':batch:submitJob.sync')) return runJob(call, world);
  return invoke(call, world);
}

async function invoke(call: TaskCall, world: TaskWorld): Promise<Json> {
  const { FunctionName, Payload } = call.arguments as {
    FunctionName: string;
    Payload: Record<string, Json>;
  };
  const name = /^<Functions(\w+)Function[0-9A-F]{8}\.Arn>$/.exec(FunctionName)?.[1] ?? FunctionName;
  if (!isFunction(name)) throw new Error(`the harness has no function ${FunctionName}`);
  const about = aboutOf(Payload);
  const once = () => world.functions().invoke(name, Payload, about);
  const kinds = ['throttled', 'failed after', 'twice', ...(call.token === undefined ? ['timed out'] : [])];
  const kind = struck(call, world, `invokes ${name} ${about}`, kinds as TaskKind[]);
  if (kind === 'throttled') throw new StatesError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
  if (kind === 'twice') await once();
  const answer = await once();
  if (kind === 'failed after') throw new StatesError('Lambda.ServiceException', 'Internal error');
  if (kind === 'timed out') return new Promise(() => {});
  return { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 };
}

async function readItems(call: TaskCall, world: TaskWorld): Promise<Json> {
  const { Key } = call.arguments as { Key: string };
  const kind = struck(call, world, `reads ${Key.split('/').slice(-2).join('/')}`, ['throttled']);
  const body = await world.read(Key);
  if (kind !== undefined) throw new StatesError('S3.SlowDown', 'Reduce your request rate.');
  if (body === undefined) throw new StatesError('S3.NoSuchKey', `there is no object ${Key}`);
  return Buffer.from(body).toString('utf8');
}

async function runDeployment(call: TaskCall, world: TaskWorld): Promise<Json> {
  const { Input } = call.arguments as { Input: { environment: string } };
  const kind = struck(call, world, `starts the deployment to ${Input.environment}`, [
    ...(['throttled', 'failed after', 'reported lost'] as const),
  ]);
  if (kind === 'throttled') throw new StatesError('StepFunctions.ThrottlingException', 'Rate exceeded');
  const execution = world.start(Input);
  if (kind === 'failed after') throw new StatesError('StepFunctions.ThrottlingException', 'Rate exceeded');
  if (kind === 'reported lost') throw new StatesError('StepFunctions.SdkClientException', 'Read timed out');
  call.submitted({ ExecutionArn: execution.arn });
  const abandon = () => {
    if (world.stopsNested()) execution.stop();
  };
  call.signal.addEventListener('abort', abandon);
  await execution.done.finally(() => call.signal.removeEventListener('abort', abandon));
  const { status, output = null, cause } = execution.record;
  if (status === 'SUCCEEDED') return { ExecutionArn: execution.arn, Output: output, Status: status };
  throw new StatesError('States.TaskFailed', JSON.stringify({ Status: status, Cause: cause ?? '' }));
}

async function runJob(call: TaskCall, world: TaskWorld): Promise<Json> {
  const { JobName, ContainerOverrides, Tags } = call.arguments as {
    JobName: string;
    ContainerOverrides: { Environment: { Value: string }[] };
    Tags: { interruptible: string };
  };
  const batch = world.batch();
  const kinds = ['throttled', 'failed after', 'reported lost', 'timed out'] as const;
  const kind = struck(call, world, `submits ${JobName}`, kinds);
  if (kind === 'throttled') throw new StatesError('Batch.BatchException', 'Too Many Requests');
  const isInterruptible = Tags.interruptible === 'true';
  const key = ContainerOverrides.Environment[0]?.Value ?? '';
  const job = batch.submit({ key, name: JobName, isInterruptible });
  if (kind === 'failed after') throw new StatesError('Batch.ServerException', 'Internal error');
  if (kind === 'reported lost') throw new StatesError('Batch.AccessDeniedException', 'not now');
  call.submitted({ JobId: job.id });
  const abandon = () => {
    if (isInterruptible) batch.terminate(job.id);
  };
  call.signal.addEventListener('abort', abandon);
  await job.done.finally(() => call.signal.removeEventListener('abort', abandon));
  if (kind === 'timed out') return new Promise(() => {});
  const detail = batch.detail(job);
  if (job.status === 'SUCCEEDED') return detail;
  throw new StatesError('States.TaskFailed', JSON.stringify(detail));
}

function struck(
  call: TaskCall,
  world: TaskWorld,
  what: string,
  kinds: readonly TaskKind[],
): TaskKind | undefined {
  const name = `"${call.stateName}" ${what}`;
  const kind = world.points.at('task', name, kinds);
  if (kind !== undefined) world.trail(`*** ${kind} at ${name}`);
  return kind;
}

/** `dev/a`, `reverse dev/a`, `dev`: what a payload is about. */
export function aboutOf(payload: Record<string, Json>): string {
  const { environment, component, pass } = payload;
  const target = [environment, component].filter((part) => part !== undefined).join('/');
  return pass === undefined || pass === 'deploy' ? target : `${pass} ${target}`;
}
