/** One stay in one state: what the code of a state kind works with. */
import { sleep } from './abort.ts';
import type { Branch, State, States } from './definition.ts';
import { StatesError } from './errors.ts';
import type { Execution } from './execution.ts';
import { type Bindings, EvaluationError, evaluate, evaluateAs, evaluateCount } from './expressions.ts';
import { type Details, inputDetails, type NewEvent, outputDetails } from './history.ts';
import type { Host } from './host.ts';
import { exceedsPayloadLimit, type Json, type jsonType } from './json.ts';
import { type ExecutionRecord, type Frame, forgetInside, moveTo } from './record.ts';

/** What a walk through states needs of its execution. */
export interface Run {
  host: Host;
  record: ExecutionRecord;
  /** Appends an event; throws when the execution has ended or its history is full. */
  emit(event: NewEvent): number;
  /** Walks a frame to its end and answers its output. */
  walk(frame: Frame, scope: Scope): Promise<Json>;
  /** Saves a change of the record that comes without an event. */
  save(): void;
  /** Starts a child of a Distributed Map. */
  startChild(child: ChildRequest): Execution;
  /** Redrives a child of a Distributed Map by its ARN; one that had succeeded after all ends at once. */
  redriveChild(arn: string): Execution;
}

/** A child of a Distributed Map. */
export interface ChildRequest {
  processor: Branch;
  input: Json;
  label: string;
  mapRunArn: string;
}

/** What surrounds a walk. */
export interface Scope {
  states: States;
  /** Variables of the walks around this one: readable, not assignable. */
  outer: Record<string, Json>;
  signal: AbortSignal;
  /** `$states.context.Map.Item`, inside a Map. */
  item?: MapItem;
}

/** How a state was left. */
export interface Step {
  next: string | undefined;
  output: Json;
  assigned?: Record<string, Json>;
}

/** What `$states` offers besides input and context. */
export interface Extra {
  result?: Json;
  errorOutput?: Json;
  /** `$states.context.Map.Item`, where a Map selects its items. */
  item?: MapItem;
}

/** One item of a Map, as the context object names it. */
export interface MapItem {
  Index: number;
  Value: Json;
}

/** One stay in the state a frame is in. */
export class Visit {
  readonly run: Run;
  readonly frame: Frame;
  readonly scope: Scope;
  readonly state: State;
  readonly name: string;
  readonly input: Json;
  retryCount = 0;
  /** `$states.context.Task.Token`, while a token is open. */
  token: string | undefined;

  constructor(run: Run, frame: Frame, scope: Scope) {
    const state = scope.states[frame.state];
    if (state === undefined) throw new Error(`There is no state "${frame.state}"`);
    this.run = run;
    this.frame = frame;
    this.scope = scope;
    this.state = state;
    this.name = frame.state;
    this.input = frame.input;
  }

  /** All variables that can be read here. */
  get variables(): Record<string, Json> {
    return { ...this.scope.outer, ...this.frame.variables };
  }

  /** Appends an event that the next one follows from. */
  emit(type: string, details?: Details): number {
    this.frame.lastEventId = this.emitAside(type, details);
    return this.frame.lastEventId;
  }

  /** Appends an event that the next one does not follow from: it will name the event before this one. */
  emitAside(type: string, details?: Details): number {
    this.scope.signal.throwIfAborted();
    return this.run.emit({ type, previousEventId: this.frame.lastEventId, details });
  }

  /** Enters the state, unless a redrive finds it entered already. */
  enter(): void {
    if (this.frame.entered !== undefined) return;
    const previousEventId = this.frame.lastEventId;
    const eventId = this.run.record.lastEventId + 1;
    this.frame.entered = {
      eventId,
      previousEventId,
      time: new Date(this.run.host.clock.now()).toISOString(),
    };
    this.emit(`${this.state.Type}StateEntered`, {
      stateEnteredEventDetails: { name: this.name, ...inputDetails(this.input) },
    });
  }

  /** Leaves the state. The frame moves first: what is saved with the event is where to go on from. */
  exit({ next, output, assigned }: Step): void {
    const { frame, name, state } = this;
    this.scope.signal.throwIfAborted();
    Object.assign(frame.variables, assigned);
    if (next === undefined) {
      frame.status = 'SUCCEEDED';
      frame.output = output;
      forgetInside(frame);
    } else {
      moveTo(frame, next, output);
    }
    this.emit(`${state.Type}StateExited`, {
      stateExitedEventDetails: {
        name,
        ...outputDetails(output),
        ...(assigned !== undefined && {
          assignedVariables: Object.fromEntries(
            Object.entries(assigned).map(([variable, value]) => [variable, JSON.stringify(value)]),
          ),
          assignedVariablesDetails: { truncated: false },
        }),
      },
    });
  }

  /** Evaluates every expression inside a field. */
  evaluate(template: Json, location: string, extra?: Extra): Promise<Json> {
    return this.orFailure(evaluate(template, location, this.bindings(extra)));
  }

  /** Evaluates a field that must have one type. */
  evaluateAs(type: ReturnType<typeof jsonType>, template: Json, location: string): Promise<Json> {
    return this.orFailure(evaluateAs(type, template, location, this.bindings()));
  }

  /** Evaluates a field that must be a whole number; `undefined` when the state does not have it. */
  async evaluateCount(template: Json | undefined, location: string, least = 0): Promise<number | undefined> {
    if (template === undefined) return undefined;
    return this.orFailure(evaluateCount(template, location, this.bindings(), least));
  }

  /** Reports a failed evaluation and answers the error to throw. */
  evaluationFailed(
    { message, location }: EvaluationError,
    previousEventId = this.beforeEntering(),
  ): StatesError {
    const error = 'States.QueryEvaluationError';
    const cause = this.explain(message);
    this.scope.signal.throwIfAborted();
    this.frame.lastEventId = this.run.emit({
      type: 'EvaluationFailed',
      previousEventId,
      details: {
        evaluationFailedEventDetails: {
          error,
          cause,
          ...(location !== undefined && { location }),
          state: this.name,
        },
      },
    });
    return new StatesError(error, cause);
  }

  /** A cause that names the state, the way AWS begins them. */
  explain(message: string): string {
    return `An error occurred while executing the state '${this.name}' (entered at the event id #${this.frame.entered?.eventId}). ${message}`;
  }

  /** Throws States.DataLimitExceeded when `value` is too large to be passed on. */
  checkSize(value: Json): void {
    if (!exceedsPayloadLimit(value)) return;
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${this.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }

  /** Sleeps until the time has passed or the walk is aborted. */
  sleep(milliseconds: number): Promise<void> {
    return sleep(this.run.host.clock, milliseconds, this.scope.signal);
  }

  /** An evaluation that fails before anything happened in the state follows from the event before it. */
  private beforeEntering(): number {
    const { entered, lastEventId } = this.frame;
    return lastEventId === entered?.eventId ? entered.previousEventId : lastEventId;
  }

  private async orFailure<T>(evaluation: Promise<T>): Promise<T> {
    try {
      return await evaluation;
    } catch (error) {
      throw error instanceof EvaluationError ? this.evaluationFailed(error) : error;
    }
  }

  private bindings({ item = this.scope.item, ...extra }: Extra = {}): Bindings {
    return {
      variables: this.variables,
      states: { input: this.input, context: this.context(item), ...extra },
      clock: this.run.host.clock,
    };
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
  private context(item: MapItem | undefined): Json {
    const { record } = this.run;
    return {
      Execution: {
        Id: record.arn,
        Input: record.input,
        StartTime: record.startDate,
        Name: record.name,
        RoleArn: record.roleArn,
        RedriveCount: record.redriveCount,
        ...(record.redriveDate !== undefined && { RedriveTime: record.redriveDate }),
      },
      StateMachine: { Id: record.stateMachineArn, Name: record.stateMachineName },
      State: {
        Name: this.name,
        EnteredTime: this.frame.entered?.time ?? '',
        ...(['Task', 'Parallel', 'Map'].includes(this.state.Type) ? { RetryCount: this.retryCount } : {}),
      },
      ...(item !== undefined && { Map: { Item: { ...item } } }),
      ...(this.token !== undefined && { Task: { Token: this.token } }),
    };
  }
}
