/** Step Functions of the fault harness: the synthesized machines on the twin's interpreter, in virtual time. Used by `world.ts`. */

import type { Executions, Redrives, Tokens } from '../../lambdas/ports.ts';
import { parseDefinition } from '../../local/asl/definition.ts';
import { StatesServiceError } from '../../local/asl/errors.ts';
import { type Execution, startExecution } from '../../local/asl/execution.ts';
import type { HistoryEvent } from '../../local/asl/history.ts';
import type { Host, TaskCall } from '../../local/asl/host.ts';
import type { Json } from '../../local/asl/json.ts';
import type { ExecutionRecord, Status } from '../../local/asl/record.ts';
import { redriveExecution, redriveStatus } from '../../local/asl/redrive.ts';
import { TaskTokens } from '../../local/asl/tokens.ts';
import { synthesized, text } from '../support/assembly.ts';
import type { SimClock } from './sim-clock.ts';
import { aboutOf, runTask, type TaskWorld } from './tasks.ts';

const PLACE = 'arn:aws:states:eu-west-1:111122223333';

/** Both machines as they are synthesized, parsed once for all runs. */
export const definitions = (() => {
  const resources = Object.values(synthesized().Resources);
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
export interface MachinesWorld extends Omit<TaskWorld, 'start' | 'stopsNested'> {
  readonly clock: SimClock;
  /** Tells the executions of this world from those of the world it began with. */
  readonly run: string;
  readonly ended: (record: ExecutionRecord) => void;
}

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
    return runTask(resource, call, {
      ...this.#world,
      start: (input) => this.start('belay-deployment', input, call.executionArn),
      stopsNested: () => !this.#leaving.has(call.executionArn),
    });
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
