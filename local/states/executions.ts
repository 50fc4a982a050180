/** Step Functions of the twin: starts, stops and redrives executions of the stack's machines, and keeps them. */
import { randomUUID } from 'node:crypto';
import { EndingClock, realClock } from '../asl/clock.ts';
import { type Machine, parseDefinition, walkStates } from '../asl/definition.ts';
import { Execution, startExecution } from '../asl/execution.ts';
import type { HistoryEvent } from '../asl/history.ts';
import type { Host, TaskCall } from '../asl/host.ts';
import type { Json } from '../asl/json.ts';
import { abortInterrupted } from '../asl/lifecycle.ts';
import type { ExecutionRecord, Status } from '../asl/record.ts';
import { redriveExecution } from '../asl/redrive.ts';
import { awaitedBy, fallAsleep, isResting, tokensOf } from '../asl/sleep.ts';
import { TaskTokens } from '../asl/tokens.ts';
import type { StateMachineDefinition } from '../assembly/model.ts';
import { AwsError } from '../wire/errors.ts';
import { type ExecutionEntry, ExecutionStore } from './store.ts';

export interface ExecutionsOptions {
  readonly definitions: readonly StateMachineDefinition[];
  readonly folder: string;
  /** Does the work of a task; `supports` says for which resources it can. */
  readonly task: (resource: string, call: TaskCall, record: ExecutionRecord) => Promise<Json>;
  readonly supports: (resource: string) => boolean;
  /** Called whenever an execution's status changed. */
  readonly statusChanged: (record: ExecutionRecord) => void;
  /** Called after every event of any execution. */
  readonly changed: () => void;
}

/** What StartExecution is given. */
export interface StartOrder {
  readonly stateMachineArn: string;
  readonly name?: string | undefined;
  /** JSON text. */
  readonly input: string;
  readonly traceHeader?: string | undefined;
}

/** All executions of a state directory, running and ended. */
export class Executions {
  readonly tokens = new TaskTokens();
  readonly #options: ExecutionsOptions;
  readonly #store: ExecutionStore;
  readonly #machines: ReadonlyMap<string, StateMachineDefinition & { readonly parsed: Machine }>;
  readonly #running = new Map<string, Execution>();
  /** Token → the machine whose task waits for it. */
  readonly #tokenMachines = new Map<string, string>();
  readonly #lastStatus = new Map<string, Status>();

  /** Throws naming what the machines use and the twin does not run. */
  constructor(options: ExecutionsOptions) {
    this.#options = options;
    this.#store = new ExecutionStore(options.folder);
    this.#machines = new Map(
      options.definitions.map((machine) => {
        const parsed = parseDefinition(machine.definition);
        for (const { path, state } of walkStates(parsed)) {
          if (state.Type !== 'Task' || options.supports(state.Resource)) continue;
          throw new Error(
            `machine ${machine.name}, state "${path}": the twin does not run ${state.Resource}`,
          );
        }
        return [machine.arn, { ...machine, parsed }];
      }),
    );
  }

  readonly #clock = new EndingClock(realClock);

  readonly #host: Host = {
    clock: this.#clock,
    tokens: this.tokens,
    task: (resource, call) => {
      const record = this.find(call.executionArn);
      if (call.token !== undefined) this.#tokenMachines.set(call.token, record.stateMachineArn);
      return this.#options.task(resource, call, record);
    },
    appendEvent: (arn, event) => {
      this.#store.append(arn, event);
      this.#options.changed();
    },
    save: (arn, record) => {
      this.#store.save(record);
      if (this.#lastStatus.get(arn) === record.status) return;
      this.#lastStatus.set(arn, record.status);
      this.#options.statusChanged(record);
    },
    load: (arn) => this.#store.load(arn),
    childStarted: (child) => this.#track(child),
    rejoin: (arn) => this.rejoin(arn),
  };

  /**
   * What fell asleep when an earlier process was closed goes on; what that process left running otherwise becomes ABORTED, as if
   * it had been stopped. Called once, when all who hear of it can act.
   */
  recover(): void {
    for (const { arn, status } of this.#store.entries()) {
      const record = status === 'RUNNING' ? this.#store.load(arn) : undefined;
      if (record === undefined || this.#running.has(arn)) continue;
      this.#lastStatus.set(arn, 'RUNNING');
      if (record.asleep) {
        for (const token of tokensOf(record)) {
          this.#tokenMachines.set(token, record.stateMachineArn);
          this.tokens.reserve(token);
        }
        delete record.asleep;
        this.#track(new Execution(this.#host, record));
      } else if (record.status === 'RUNNING') abortInterrupted(this.#host, record);
      this.#host.save(arn, record);
    }
  }

  /** True while any execution runs. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** True while any execution does more than wait for a token or for another that only waits. */
  get moving(): boolean {
    return [...this.#running.keys()].some((arn) => !this.#canSleep(arn));
  }

  /** The execution with this ARN, running or ended. Throws ExecutionDoesNotExist. */
  rejoin(arn: string): Execution {
    return this.#running.get(arn) ?? new Execution(this.#host, this.find(arn));
  }

  #canSleep(arn: string): boolean {
    const record = this.find(arn);
    const isAnswered = tokensOf(record).some((token) => !this.tokens.isOpen(token));
    return isResting(record) && !isAnswered && awaitedBy(record).every((other) => this.#canSleep(other));
  }

  /** StartExecution. Throws AwsError as the API does. */
  start({ stateMachineArn, name = randomUUID(), input, traceHeader }: StartOrder): Execution {
    const machine = this.#machines.get(stateMachineArn);
    if (machine === undefined) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    }
    if (!/^[\w-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    const value = parseInput(input);
    const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const earlier = this.#store.load(arn);
    if (earlier !== undefined) {
      const running = this.#running.get(arn);
      // Standard executions are idempotent by name and input, while they run.
      if (running !== undefined && JSON.stringify(earlier.input) === JSON.stringify(value)) return running;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const execution = startExecution({
      definition: machine.parsed,
      input: value,
      arn,
      name,
      stateMachineArn,
      stateMachineName: machine.name,
      roleArn: machine.roleArn,
      ...(traceHeader !== undefined && { traceHeader }),
      host: this.#host,
    });
    this.#host.save(arn, execution.record);
    this.#track(execution);
    return execution;
  }

  /** StopExecution; nothing happens when it has ended already. */
  stop(arn: string, failure: { error?: string; cause?: string } = {}): ExecutionRecord {
    const record = this.find(arn);
    this.#running.get(arn)?.stop(failure);
    return record;
  }

  /** RedriveExecution. Throws ExecutionNotRedrivable. */
  redrive(arn: string): ExecutionRecord {
    const execution = redriveExecution(this.#host, this.find(arn));
    this.#host.save(arn, execution.record);
    this.#track(execution);
    return execution.record;
  }

  /** The record of an execution. Throws ExecutionDoesNotExist. */
  find(arn: string): ExecutionRecord {
    const record = this.#store.load(arn);
    if (record !== undefined) return record;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  history(arn: string): HistoryEvent[] {
    this.find(arn);
    return this.#store.history(arn);
  }

  /** All executions, the children of Distributed Maps included; those started last at the end. */
  entries(): ExecutionEntry[] {
    return this.#store.entries();
  }

  /** The machine whose task waits for the token; undefined for a token of another process. */
  machineOfToken(token: string): string | undefined {
    return this.#tokenMachines.get(token);
  }

  /** What only waits falls asleep until the next start; everything else is stopped. */
  async close(): Promise<void> {
    const moving = [...this.#running.values()].filter(({ arn }) => !this.#canSleep(arn));
    for (const execution of moving) execution.stop();
    await Promise.all(moving.map((execution) => execution.done));
    this.#clock.end();
    for (const { record } of this.#running.values()) {
      fallAsleep(record);
      this.#store.save(record);
    }
    this.#store.flush();
  }

  #track(execution: Execution): void {
    const { arn } = execution;
    this.#running.set(arn, execution);
    void execution.done.then(() => this.#running.delete(arn));
  }
}

function parseInput(input: string): Json {
  try {
    return JSON.parse(input);
  } catch {
    throw new AwsError('InvalidExecutionInput', "Invalid State Machine Execution Input: 'not valid JSON'");
  }
}
