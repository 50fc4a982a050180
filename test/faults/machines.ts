/** Step Functions of the fault harness: the synthesized machines on the twin's interpreter, in virtual time. Used by `world.ts`. */

import type { Executions, Redrives, Tokens } from '../../lambdas/ports.ts';
import { parseDefinition } from '../../local/asl/definition.ts';
import { StatesError, StatesServiceError } from '../../local/asl/errors.ts';
import { type Execution, startExecution } from '../../local/asl/execution.ts';
import type { HistoryEvent } from '../../local/asl/history.ts';
import type { Host, TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import type { ExecutionRecord, Status } from '../../local/asl/record.ts';
import { redriveExecution, redriveStatus } from '../../local/asl/redrive.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { synthesize, text } from '../support/assembly.ts';
import type { Batch } from './batch.ts';
import { type Functions, isFunction } from './functions.ts';
import type { KINDS, Points } from './points.ts';
import type { SimClock } from './sim-clock.ts';

const PLACE = 'arn:aws:states:eu-west-1:111122223333';

/** Both machines as they are synthesized, parsed once for all runs. */
export const definitions = (() => {
  const resources = Object.values(synthesize());
  const definitionOf = (name: string) => {
    const machine = resources.find(({ Properties }) => Properties.StateMachineName === name);
    return parseDefinition(JSON.parse(text(machine?.Properties.DefinitionString)));
  };
  return {
    'belay-release': definitionOf('belay-release'),
    'belay-deployment': definitionOf('belay-deployment'),
  };
})();
type MachineName = keyof typeof definitions;

/** What Step Functions works with. */
export interface MachinesWorld {
  readonly clock: SimClock;
  /** Tells the executions of this world from those of the world it began with. */
  readonly run: string;
  readonly points: Points;
  readonly functions: () => Functions;
  readonly batch: () => Batch;
  readonly read: (key: string) => Promise<Uint8Array | undefined>;
  readonly ended: (record: ExecutionRecord) => void;
  trail(line: string): void;
}

type TaskKind = Extract<keyof typeof KINDS.task, string>;

export class Machines implements Host {
  readonly clock: SimClock;
  readonly tokens = new TaskTokens();
  readonly #world: MachinesWorld;
  readonly #executions = new Map<string, Execution>();
  readonly #status = new Map<string, Status>();
  /** Deployment → the Release that started it. */
  readonly #parents = new Map<string, string>();
  /** Releases whose nested Deployments are not stopped with them. */
  readonly #leaving = new Set<string>();

  constructor(world: MachinesWorld) {
    this.#world = world;
    this.clock = world.clock;
  }

  start(machine: MachineName, input: Json, parent?: string): Execution {
    const kind = machine === 'belay-release' ? 'release' : 'deployment';
    const name = `${kind}-${this.#world.run}-${this.#executions.size + 1}`;
    const arn = `${PLACE}:execution:${machine}:${name}`;
    if (parent !== undefined) this.#parents.set(arn, parent);
    const execution = startExecution({
      definition: definitions[machine],
      ...{ input, arn, name, host: this },
      stateMachineArn: `${PLACE}:stateMachine:${machine}`,
      stateMachineName: machine,
      roleArn: 'arn:aws:iam::111122223333:role/machine',
    });
    this.#executions.set(arn, execution);
    return execution;
  }

  /** Those that have not ended; children included. */
  get running(): Execution[] {
    return [...this.#executions.values()].filter(({ status }) => status === 'RUNNING');
  }

  /** Releases that ended otherwise than well: what people see in the console. */
  get failedReleases(): Execution[] {
    return [...this.#executions.values()].filter(
      ({ record, status }) =>
        record.stateMachineName === 'belay-release' && status !== 'RUNNING' && status !== 'SUCCEEDED',
    );
  }

  statusOf(arn: string): Status | undefined {
    return this.#executions.get(arn)?.status;
  }

  // What the interpreter needs.

  task(resource: string, call: TaskCall): Promise<Json> {
    if (resource.endsWith(':s3:getObject')) return this.#readItems(call);
    if (resource.endsWith(':states:startExecution.sync:2')) return this.#runDeployment(call);
    if (resource.endsWith(':batch:submitJob.sync')) return this.#runJob(call);
    return this.#invoke(call);
  }

  appendEvent(arn: string, event: HistoryEvent): void {
    const details = event.stateEnteredEventDetails ?? event.stateExitedEventDetails;
    if (details === undefined) return;
    const execution = this.#executions.get(arn);
    const name = `${this.#nameOf(arn)} ${event.type.endsWith('Entered') ? 'enters' : 'leaves'} "${details.name}"`;
    this.#world.trail(name);
    if (execution === undefined) return;
    const { deployment, release } = this.#around(arn);
    const isRunning = deployment?.status === 'RUNNING';
    const kind = this.#world.points.at('state', name, [
      ...(release === undefined ? [] : (['release stopped'] as const)),
      ...(isRunning ? (['release stopped alone', 'deployment stopped', 'both stopped'] as const) : []),
      ...(execution.record.mapRunArn === undefined ? [] : (['flow stopped'] as const)),
    ]);
    if (kind === undefined) return;
    this.#world.trail(`*** ${kind}`);
    // Not in the middle of the write that told of it.
    void Promise.resolve().then(() => {
      if (kind === 'flow stopped') execution.stop();
      if (kind === 'release stopped alone' && release !== undefined) this.#leaving.add(release.arn);
      if (kind === 'deployment stopped' || kind === 'both stopped') deployment?.stop();
      if (kind !== 'deployment stopped' && kind !== 'flow stopped') release?.stop();
    });
  }

  save(arn: string, record: ExecutionRecord): void {
    const before = this.#status.get(arn);
    if (before === record.status) return;
    this.#status.set(arn, record.status);
    if (record.status === 'RUNNING') return;
    this.#world.trail(`${this.#nameOf(arn)} ${record.status} ${record.error ?? ''} ${record.cause ?? ''}`);
    if (record.mapRunArn === undefined) this.#world.ended(record);
  }

  load(arn: string): ExecutionRecord | undefined {
    return this.#executions.get(arn)?.record;
  }

  childStarted(child: Execution): void {
    this.#executions.set(child.arn, child);
  }

  rejoin(arn: string): Execution {
    const execution = this.#executions.get(arn);
    if (execution === undefined) throw new Error(`${arn} does not run`);
    return execution;
  }

  // What functions ask of Step Functions.

  readonly executions: Executions = {
    isRunning: async (arn) => this.statusOf(arn) === 'RUNNING',
  };

  readonly tokenPort: Tokens = {
    succeed: async (token, output) => {
      try {
        this.tokens.sendSuccess(token, JSON.stringify(output));
        return 'sent';
      } catch (error) {
        if (error instanceof StatesServiceError) return 'gone';
        throw error;
      }
    },
  };

  readonly redrives: Redrives = {
    look: async (arn) => {
      const record = this.load(arn);
      if (record === undefined)
        return { status: 'UNKNOWN', problem: 'Step Functions does not know it any more' };
      const { redriveStatus: can, redriveStatusReason } = redriveStatus(record, this.clock.now());
      return {
        status: record.status,
        problem: can === 'REDRIVABLE' ? undefined : (redriveStatusReason ?? can),
      };
    },
    redrive: async (arn) => {
      const record = this.load(arn);
      if (record === undefined) return 'Step Functions does not know it any more';
      try {
        this.#executions.set(arn, redriveExecution(this, record));
        this.#status.set(arn, 'RUNNING');
        return undefined;
      } catch (error) {
        if (error instanceof StatesServiceError) return error.message;
        throw error;
      }
    },
  };

  // The services that Tasks call.

  async #invoke(call: TaskCall): Promise<Json> {
    const { FunctionName, Payload } = call.arguments as {
      FunctionName: string;
      Payload: Record<string, Json>;
    };
    const name = /^<Functions(\w+)Function[0-9A-F]{8}\.Arn>$/.exec(FunctionName)?.[1] ?? FunctionName;
    if (!isFunction(name)) throw new Error(`the harness has no function ${FunctionName}`);
    const about = aboutOf(Payload);
    const invoke = () => this.#world.functions().invoke(name, Payload, about);
    const kinds = ['throttled', 'failed after', 'twice', ...(call.token === undefined ? ['timed out'] : [])];
    const kind = this.#struck(call, `invokes ${name} ${about}`, kinds as TaskKind[]);
    if (kind === 'throttled') throw new StatesError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    if (kind === 'twice') await invoke();
    const answer = await invoke();
    if (kind === 'failed after') throw new StatesError('Lambda.ServiceException', 'Internal error');
    if (kind === 'timed out') return new Promise(() => {});
    return { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 };
  }

  async #readItems(call: TaskCall): Promise<Json> {
    const { Key } = call.arguments as { Key: string };
    const kind = this.#struck(call, `reads ${Key.split('/').slice(-2).join('/')}`, ['throttled']);
    const body = await this.#world.read(Key);
    if (kind !== undefined) throw new StatesError('S3.SlowDown', 'Reduce your request rate.');
    if (body === undefined) throw new StatesError('S3.NoSuchKey', `there is no object ${Key}`);
    return Buffer.from(body).toString('utf8');
  }

  async #runDeployment(call: TaskCall): Promise<Json> {
    const { Input } = call.arguments as { Input: { environment: string } };
    const kind = this.#struck(call, `starts the deployment to ${Input.environment}`, [
      ...(['throttled', 'failed after', 'reported lost'] as const),
    ]);
    if (kind === 'throttled') throw new StatesError('StepFunctions.ThrottlingException', 'Rate exceeded');
    const execution = this.start('belay-deployment', Input, call.executionArn);
    if (kind === 'failed after') throw new StatesError('StepFunctions.ThrottlingException', 'Rate exceeded');
    if (kind === 'reported lost') throw new StatesError('StepFunctions.SdkClientException', 'Read timed out');
    call.submitted({ ExecutionArn: execution.arn });
    const abandon = () => {
      if (!this.#leaving.has(call.executionArn)) execution.stop();
    };
    call.signal.addEventListener('abort', abandon);
    await execution.done.finally(() => call.signal.removeEventListener('abort', abandon));
    const { status, output = null, cause } = execution.record;
    if (status === 'SUCCEEDED') return { ExecutionArn: execution.arn, Output: output, Status: status };
    throw new StatesError('States.TaskFailed', JSON.stringify({ Status: status, Cause: cause ?? '' }));
  }

  async #runJob(call: TaskCall): Promise<Json> {
    const { JobName, ContainerOverrides, Tags } = call.arguments as {
      JobName: string;
      ContainerOverrides: { Environment: { Value: string }[] };
      Tags: { interruptible: string };
    };
    const batch = this.#world.batch();
    const kinds = ['throttled', 'failed after', 'reported lost', 'timed out'] as const;
    const kind = this.#struck(call, `submits ${JobName}`, kinds);
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

  #struck(call: TaskCall, what: string, kinds: readonly TaskKind[]): TaskKind | undefined {
    const name = `"${call.stateName}" ${what}`;
    const kind = this.#world.points.at('task', name, kinds);
    if (kind !== undefined) this.#world.trail(`*** ${kind} at ${name}`);
    return kind;
  }

  /** The Release and the Deployment an execution belongs to. */
  #around(arn: string): {
    readonly release: Execution | undefined;
    readonly deployment: Execution | undefined;
  } {
    const { record } = this.rejoin(arn);
    const { execution = arn } = (record.mapRunArn === undefined ? {} : record.input) as {
      execution?: string;
    };
    const release = this.#parents.get(execution);
    if (release !== undefined) {
      return { release: this.#executions.get(release), deployment: this.#executions.get(execution) };
    }
    const isRelease = record.stateMachineName === 'belay-release';
    const nested = this.running.find((one) => this.#parents.get(one.arn) === arn);
    return isRelease
      ? { release: this.rejoin(arn), deployment: nested }
      : { release: undefined, deployment: this.rejoin(arn) };
  }

  #nameOf(arn: string): string {
    const record = this.#executions.get(arn)?.record;
    const input = record?.mapRunArn === undefined ? undefined : (record.input as Record<string, Json>);
    return input === undefined ? (arn.split(':').at(-1) ?? arn) : `flow of ${aboutOf(input)}`;
  }
}

/** `dev/a`, `reverse dev/a`, `dev`: what a payload is about. */
function aboutOf(payload: Record<string, Json>): string {
  const { environment, component, pass } = payload;
  const target = [environment, component].filter((part) => part !== undefined).join('/');
  return pass === undefined || pass === 'deploy' ? target : `${pass} ${target}`;
}
