/** The Task state: one call of a task handler, with its timeouts, its token, and its events. */
import { orAborted } from './abort.ts';
import type { Clock } from './clock.ts';
import type { TaskState } from './definition.ts';
import { Aborted, StatesError } from './errors.ts';
import type { Json } from './json.ts';
import { parseResource, type TaskResource } from './resource.ts';
import { startedExecution } from './sleep.ts';
import type { OpenToken } from './tokens.ts';
import type { Visit } from './visit.ts';

/** Runs one attempt and answers its result. Rejects with the StatesError it failed with. */
export async function runTask(state: TaskState, visit: Visit): Promise<Json> {
  const resource = parseResource(state.Resource);
  const { tokens, clock } = visit.run.host;
  let heartbeat = () => {};
  const { parked } = visit.frame;
  const token = resource.waitsForToken ? tokens.open(() => heartbeat(), parked?.token) : undefined;
  visit.token = token?.token;
  try {
    const call = {
      arguments:
        state.Arguments === undefined ? visit.input : await visit.evaluate(state.Arguments, 'Arguments'),
      region: visit.run.record.arn.split(':')[3] ?? '',
      timeoutInSeconds: await visit.evaluateCount(state.TimeoutSeconds, 'TimeoutSeconds', 1),
      heartbeatInSeconds: await visit.evaluateCount(state.HeartbeatSeconds, 'HeartbeatSeconds', 1),
    };
    if (parked === undefined) {
      visit.checkSize(call.arguments);
      visit.emit(...resource.scheduled(call));
      visit.emit(...resource.started());
    }
    const due = parked === undefined ? inSeconds(clock, call.timeoutInSeconds) : parked.deadline;
    const left = due === undefined ? undefined : Math.max(due - clock.now(), 0) / 1000;
    const deadline = countdown(clock, left, 'States.Timeout');
    // Only the holder of a token can show that it is alive.
    const silence = countdown(clock, token && call.heartbeatInSeconds, 'States.HeartbeatTimeout');
    heartbeat = silence.restart;
    try {
      const work = callHandler(state.Resource, call.arguments, { visit, resource, token, deadline: due });
      const race = Promise.race([work.result, deadline.expired, silence.expired]);
      return await report(orAborted(visit.scope.signal, race), { visit, resource, abandon: work.abandon });
    } finally {
      deadline.cancel();
      silence.cancel();
    }
  } finally {
    token?.close();
    visit.token = undefined;
    delete visit.frame.parked;
  }
}

const inSeconds = (clock: Clock, seconds: number | undefined) =>
  seconds === undefined ? undefined : clock.now() + seconds * 1000;

interface Attempt {
  visit: Visit;
  resource: TaskResource;
  token: OpenToken | undefined;
  /** Milliseconds since 1970. */
  deadline: number | undefined;
}

/** Calls the handler. Without a token its answer is the result, with one its answer only says "submitted". */
function callHandler(resourceArn: string, args: Json, { visit, resource, token, deadline }: Attempt) {
  const abandoned = new AbortController();
  const { parked } = visit.frame;
  let over = false;
  const submitted = (output: Json) => {
    if (over || visit.scope.signal.aborted) return;
    if (token !== undefined || startedExecution(output) !== undefined) {
      visit.frame.parked = {
        submitted: output,
        ...(token !== undefined && { token: token.token }),
        ...(deadline !== undefined && { deadline }),
      };
    }
    visit.emit(...resource.submitted(output));
  };
  const call = async () =>
    visit.run.host.task(resourceArn, {
      arguments: args,
      ...(token !== undefined && { token: token.token }),
      ...(parked !== undefined && { resumed: parked.submitted }),
      signal: abandoned.signal,
      submitted,
      executionArn: visit.run.record.arn,
      stateName: visit.name,
    });
  const result =
    token === undefined
      ? call()
      : Promise.race([token.outcome, ...(parked === undefined ? [submission(call(), submitted)] : [])]);
  return {
    result: result.finally(() => {
      over = true;
    }),
    /** Tells the handler that nobody waits any more. */
    abandon() {
      over = true;
      abandoned.abort();
    },
  };
}

/** Never resolves: after the submission only the token decides. */
async function submission(answer: Promise<Json>, submitted: (output: Json) => void): Promise<never> {
  submitted(await answer);
  return new Promise(() => {});
}

interface Reporting {
  visit: Visit;
  resource: TaskResource;
  abandon: () => void;
}

/** Appends the event that tells how the attempt ended. */
async function report(outcome: Promise<Json>, { visit, resource, abandon }: Reporting): Promise<Json> {
  try {
    const output = (await outcome) ?? null;
    visit.checkSize(output);
    visit.emit(...resource.succeeded(output));
    return output;
  } catch (error) {
    if (error instanceof Aborted || error instanceof Expired) abandon();
    if (error instanceof Aborted) throw error;
    if (!(error instanceof StatesError)) {
      const message = error instanceof Error ? error.message : String(error);
      throw new StatesError('States.Runtime', visit.explain(message));
    }
    visit.emit(...(error instanceof Expired ? resource.timedOut(error) : resource.failed(error)));
    throw error;
  }
}

/** TimeoutSeconds or HeartbeatSeconds ran out. */
class Expired extends StatesError {}

/** A countdown that can be started over; without `seconds` it never expires. */
function countdown(clock: Clock, seconds: number | undefined, error: string) {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  let cancel = () => {};
  const restart = () => {
    cancel();
    if (seconds !== undefined) cancel = clock.after(seconds * 1000, () => reject(new Expired(error)));
  };
  restart();
  return { expired, restart, cancel: () => cancel() };
}
