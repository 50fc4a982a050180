/** An execution of a state machine: started, stopped, and at its end. The twin's Step Functions endpoint uses it. */
import { randomUUID } from 'node:crypto';
import { type Branch, type Machine, parseDefinition } from './definition.ts';
import { Aborted, StatesError, StatesServiceError } from './errors.ts';
import { appendEvent, HISTORY_LIMIT, inputDetails, type NewEvent } from './history.ts';
import type { Host } from './host.ts';
import { exceedsPayloadLimit, type Json } from './json.ts';
import { endExecution, type Outcome, outcomeOf, resume } from './lifecycle.ts';
import { type ExecutionRecord, type Frame, newFrame, type Status } from './record.ts';
import type { ChildRequest, Run, Scope } from './visit.ts';
import { walk } from './walk.ts';

/** What to start. */
export interface StartRequest {
  /** JSON text or value. */
  definition: unknown;
  input: Json;
  arn: string;
  name: string;
  stateMachineArn: string;
  stateMachineName: string;
  roleArn: string;
  traceHeader?: string;
  host: Host;
}

/** Starts an execution. Throws InvalidDefinition, or InvalidExecutionInput (a StatesServiceError). */
export function startExecution({ definition, host, ...identity }: StartRequest): Execution {
  if (exceedsPayloadLimit(identity.input)) {
    throw new StatesServiceError('InvalidExecutionInput', 'The input is larger than 262144 bytes');
  }
  return begin(host, parseDefinition(definition), identity);
}

type Identity = Omit<StartRequest, 'definition' | 'host'> & { mapRunArn?: string };

function begin(host: Host, definition: Machine, identity: Identity): Execution {
  const record: ExecutionRecord = {
    ...identity,
    definition,
    status: 'RUNNING',
    startDate: new Date(host.clock.now()).toISOString(),
    redriveCount: 0,
    lastEventId: 0,
    // The first state does not follow from ExecutionStarted in AWS's histories.
    frame: newFrame(definition.StartAt, identity.input, 0),
  };
  const { input, roleArn } = identity;
  const details = { executionStartedEventDetails: { ...inputDetails(input), roleArn } };
  appendEvent(host, record, { type: 'ExecutionStarted', previousEventId: 0, details });
  return new Execution(host, record);
}

/** A running execution, or one that has ended. */
export class Execution implements Run {
  readonly host: Host;
  /** All there is to know about it; changes while it runs. */
  readonly record: ExecutionRecord;
  /** Settles when it has ended and nothing of it runs any more; never rejects for what the machine does. */
  readonly done: Promise<Outcome>;
  private readonly ending = new AbortController();

  /** Goes on from where the record is; its first event must be in the history already. */
  constructor(host: Host, record: ExecutionRecord) {
    this.host = host;
    this.record = record;
    this.done = this.drive();
  }

  get arn(): string {
    return this.record.arn;
  }

  get status(): Status {
    return this.record.status;
  }

  /** StopExecution: ABORTED at once, running tasks get their signal. Does nothing when it has ended. */
  stop({ error, cause }: { error?: string; cause?: string } = {}): void {
    this.end({ status: 'ABORTED', error, cause });
  }

  emit(event: NewEvent): number {
    if (this.record.status !== 'RUNNING') throw new Aborted('execution');
    if (this.record.lastEventId >= HISTORY_LIMIT - 1) {
      throw new StatesError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${HISTORY_LIMIT}).`,
      );
    }
    return appendEvent(this.host, this.record, event);
  }

  save(): void {
    this.host.save(this.arn, this.record);
  }

  walk(frame: Frame, scope: Scope): Promise<Json> {
    return walk(this, frame, scope);
  }

  startChild({ processor, input, label, mapRunArn }: ChildRequest): Execution {
    const { arn, stateMachineArn, stateMachineName, roleArn } = this.record;
    const name = randomUUID();
    const [prefix = ''] = arn.split(':execution:');
    const child = begin(this.host, childMachine(processor), {
      arn: `${prefix}:execution:${stateMachineName}/${label}:${name}`,
      name,
      input,
      stateMachineArn: `${stateMachineArn}/${label}`,
      stateMachineName: `${stateMachineName}/${label}`,
      roleArn,
      mapRunArn,
    });
    this.host.childStarted(child);
    return child;
  }

  redriveChild(arn: string): Execution {
    const record = this.host.load(arn);
    if (record === undefined) throw new Error(`There is no record of the child execution ${arn}`);
    if (record.status !== 'SUCCEEDED') resume(this.host, record);
    const child = new Execution(this.host, record);
    this.host.childStarted(child);
    return child;
  }

  private async drive(): Promise<Outcome> {
    // Whoever starts an execution has its handle before the first state is entered.
    await Promise.resolve();
    const { record } = this;
    const seconds = record.definition.TimeoutSeconds;
    const cancel =
      seconds === undefined
        ? () => {}
        : this.host.clock.after(this.beganAt() + seconds * 1000 - this.host.clock.now(), () =>
            this.end({ status: 'TIMED_OUT', error: 'States.Timeout' }),
          );
    try {
      const { States: states } = record.definition;
      const output = await this.walk(record.frame, { states, outer: {}, signal: this.ending.signal });
      this.end({ status: 'SUCCEEDED', output });
    } catch (error) {
      if (error instanceof StatesError) {
        this.end({ status: 'FAILED', error: error.error, cause: error.errorCause });
      } else if (!(error instanceof Aborted)) {
        this.end({ status: 'FAILED', error: 'States.Runtime', cause: String(error) });
      }
    } finally {
      cancel();
    }
    this.save();
    return outcomeOf(record);
  }

  /** A redrive has the whole time again. */
  private beganAt(): number {
    return Date.parse(this.record.redriveDate ?? this.record.startDate);
  }

  private end(outcome: Outcome): void {
    if (this.record.status === 'RUNNING') endExecution(this.host, this.record, outcome);
    this.ending.abort(new Aborted('execution'));
  }
}

/** The processor of a Distributed Map as the machine its children run. */
function childMachine({ StartAt, States }: Branch): Machine {
  return { QueryLanguage: 'JSONata', StartAt, States };
}
