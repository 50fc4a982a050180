/** A small world for the interpreter: virtual time, scripted task handlers, histories and records kept in memory. */
import { VirtualClock } from '../../../local/asl/clock.ts';
import { type Execution, startExecution } from '../../../local/asl/execution.ts';
import type { HistoryEvent } from '../../../local/asl/history.ts';
import type { Host, TaskCall } from '../../../local/asl/host.ts';
import type { Json } from '../../../local/asl/json.ts';
import type { ExecutionRecord } from '../../../local/asl/record.ts';
import { TaskTokens } from '../../../local/asl/tokens.ts';

export type Handler = (call: TaskCall, resource: string) => Promise<Json>;

export class World implements Host {
  readonly clock = new VirtualClock();
  tokens = new TaskTokens();
  readonly histories = new Map<string, HistoryEvent[]>();
  /** Records as a disk would hold them: JSON text. */
  readonly saved = new Map<string, string>();
  readonly children: Execution[] = [];
  readonly calls: (TaskCall & { resource: string })[] = [];
  handler: Handler;

  constructor(handler: Handler = async ({ arguments: args }) => args) {
    this.handler = handler;
  }

  task(resource: string, call: TaskCall): Promise<Json> {
    this.calls.push({ ...call, resource });
    return this.handler(call, resource);
  }

  appendEvent(arn: string, event: HistoryEvent): void {
    this.histories.set(arn, [...(this.histories.get(arn) ?? []), event]);
  }

  save(arn: string, record: ExecutionRecord): void {
    this.saved.set(arn, JSON.stringify(record));
  }

  load(arn: string): ExecutionRecord | undefined {
    const text = this.saved.get(arn);
    return text === undefined ? undefined : JSON.parse(text);
  }

  childStarted(child: Execution): void {
    this.children.push(child);
  }

  rejoin(arn: string): Execution {
    const running = [...this.children].find((child) => child.arn === arn);
    if (running === undefined) throw new Error(`${arn} does not run`);
    return running;
  }

  start(definition: object, input: Json = {}): Execution {
    return startExecution({
      definition: { QueryLanguage: 'JSONata', ...definition },
      input,
      arn: 'arn:aws:states:eu-west-1:111122223333:execution:Machine:run',
      name: 'run',
      stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Machine',
      stateMachineName: 'Machine',
      roleArn: 'arn:aws:iam::111122223333:role/machine',
      host: this,
    });
  }

  /** Starts a machine and moves time until it has ended. */
  async run(definition: object, input: Json = {}) {
    const execution = this.start(definition, input);
    return { ...(await this.clock.until(execution.done)), execution };
  }

  /** The history of an execution, one line per event: `4<3 TaskScheduled`. */
  lines(execution: Execution): string[] {
    return this.events(execution).map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
  }

  types(execution: Execution): string[] {
    return this.events(execution).map(({ type }) => type);
  }

  events(execution: Execution): HistoryEvent[] {
    return this.histories.get(execution.arn) ?? [];
  }
}

/** A promise to be settled by hand. */
export const deferred = <T = Json>() => Promise.withResolvers<T>();
