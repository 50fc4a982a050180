/** The Map state of mode INLINE: every item walks through the processor inside this execution. */
import { runSiblings } from './abort.ts';
import type { MapState } from './definition.ts';
import { Aborted, StatesError } from './errors.ts';
import type { Json } from './json.ts';
import { mapItems, selectItems, toleratedFailures } from './map-items.ts';
import { type Frame, newFrame } from './record.ts';
import type { Visit } from './visit.ts';

/** Iterations AWS runs at once at most. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const MOST_AT_ONCE = 40;

/** Runs the iterations (after a redrive only those that had not succeeded) and answers their outputs in order. */
export async function runInlineMap(state: MapState, visit: Visit): Promise<Json> {
  const { frame } = visit;
  const limit = await visit.evaluateCount(state.MaxConcurrency, 'MaxConcurrency');
  // AWS evaluates the thresholds of an inline Map too, though only a Distributed Map tolerates failures.
  await toleratedFailures(state, visit);
  frame.iterations ??= await startIterations(state, visit);
  const { items, inputs, frames } = frame.iterations;
  const begin = frame.lastEventId;
  // An iteration follows from the last state of the one that had its slot before.
  const slots: number[] = [];
  await runSiblings({
    count: items.length,
    limit: Math.min(limit || MOST_AT_ONCE, MOST_AT_ONCE),
    signal: visit.scope.signal,
    async job(index, signal, slot) {
      signal.throwIfAborted();
      let iteration = frames[index] ?? null;
      if (iteration?.status === 'SUCCEEDED') return;
      if (iteration === null) {
        const started = iterationEvent(visit, 'Started', index, slots[slot] ?? begin);
        iteration = newFrame(state.ItemProcessor.StartAt, inputs[index] ?? null, started);
        frames[index] = iteration;
      }
      await iterate(state, visit, { index, iteration, signal });
      slots[slot] = iteration.lastEventId;
    },
  });
  visit.emitAside('MapStateSucceeded');
  return frames.map((iteration) => iteration?.output ?? null);
}

async function startIterations(state: MapState, visit: Visit) {
  const items = await mapItems(state, visit);
  visit.emit('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
  const inputs = await selectItems(state, visit, items);
  return { items, inputs, frames: items.map(() => null) };
}

interface Iteration {
  index: number;
  iteration: Frame;
  signal: AbortSignal;
}

async function iterate(
  state: MapState,
  visit: Visit,
  { index, iteration, signal }: Iteration,
): Promise<void> {
  const { frame, run } = visit;
  const item = { Index: index, Value: frame.iterations?.items[index] ?? null };
  const scope = { states: state.ItemProcessor.States, outer: visit.variables, signal, item };
  try {
    await run.walk(iteration, scope);
    frame.lastEventId = iterationEvent(visit, 'Succeeded', index, iteration.lastEventId);
  } catch (error) {
    if (error instanceof Aborted && error.by === 'sibling') {
      iterationEvent(visit, 'Aborted', index, iteration.lastEventId);
    }
    if (error instanceof StatesError && error.error !== 'States.Runtime') {
      frame.lastEventId = iterationEvent(visit, 'Failed', index, iteration.lastEventId);
    }
    throw error;
  }
}

function iterationEvent(visit: Visit, what: string, index: number, previousEventId: number): number {
  const details = { [`mapIteration${what}EventDetails` as const]: { name: visit.name, index } };
  return visit.run.emit({ type: `MapIteration${what}`, previousEventId, details });
}
