/** The Map state of mode DISTRIBUTED: every item becomes a child execution with a history of its own. */
import { randomUUID } from 'node:crypto';
import { orAborted, runSiblings } from './abort.ts';
import type { MapState } from './definition.ts';
import { Aborted, StatesError } from './errors.ts';
import { errorDetails } from './history.ts';
import type { Json } from './json.ts';
import { mapItems, selectItems, toleratedFailures } from './map-items.ts';
import type { MapRun } from './record.ts';
import type { Visit } from './visit.ts';

/** Runs the children (after a redrive the unsuccessful ones) and answers the outputs of those that succeeded. */
export async function runDistributedMap(state: MapState, visit: Visit): Promise<Json> {
  const { frame } = visit;
  const limit = await visit.evaluateCount(state.MaxConcurrency, 'MaxConcurrency');
  const tolerance = await toleratedFailures(state, visit);
  try {
    if (frame.mapRun === undefined) frame.mapRun = await startMapRun(state, visit);
    else if (frame.mapRun.asleep !== true) redriveMapRun(frame.mapRun, visit);
    const { asleep } = frame.mapRun;
    delete frame.mapRun.asleep;
    const rejoin = asleep === true;
    await runChildren(state, visit, { mapRun: frame.mapRun, limit: limit || Infinity, tolerance, rejoin });
  } catch (error) {
    if (error instanceof Aborted && error.by === 'sibling') {
      visit.run.emit({ type: 'MapRunAborted', previousEventId: frame.lastEventId });
    }
    throw error;
  }
  visit.emit('MapRunSucceeded');
  visit.emitAside('MapStateSucceeded');
  return frame.mapRun.children.flatMap(({ status, output }) =>
    status === 'SUCCEEDED' ? [output ?? null] : [],
  );
}

async function startMapRun(state: MapState, visit: Visit): Promise<MapRun> {
  const given = state.ItemReader === undefined ? await mapItems(state, visit) : undefined;
  visit.emit('MapStateStarted', { mapStateStartedEventDetails: { length: given?.length ?? 0 } });
  const [, partition, , region, account] = visit.run.record.arn.split(':');
  const machine = `${visit.run.record.stateMachineName}/${label(state, visit)}`;
  const arn = `arn:${partition}:states:${region}:${account}:mapRun:${machine}:${randomUUID()}`;
  visit.emit('MapRunStarted', { mapRunStartedEventDetails: { mapRunArn: arn } });
  const items = given ?? (await readItems(state, visit));
  const inputs = await selectItems(state, visit, items);
  return { arn, redriveCount: 0, children: inputs.map((input) => ({ input })) };
}

function redriveMapRun(mapRun: MapRun, visit: Visit): void {
  mapRun.redriveCount += 1;
  visit.emit('MapRunRedriven', {
    mapRunRedrivenEventDetails: { mapRunArn: mapRun.arn, redriveCount: mapRun.redriveCount },
  });
}

async function readItems(state: MapState, visit: Visit): Promise<Json[]> {
  const { Resource = '', Arguments = null } = state.ItemReader ?? {};
  const args = await visit.evaluate(Arguments, 'ItemReader/Arguments');
  try {
    const reading = visit.run.host.task(Resource, {
      arguments: args,
      signal: visit.scope.signal,
      submitted: () => {},
      executionArn: visit.run.record.arn,
      stateName: visit.name,
    });
    const text = await orAborted(visit.scope.signal, reading);
    const items: Json = JSON.parse(String(text));
    if (!Array.isArray(items)) throw new Error('The JSON file must contain an array');
    return items;
  } catch (error) {
    visit.scope.signal.throwIfAborted();
    const cause = error instanceof StatesError ? error.errorCause : String(error);
    throw mapRunFailed(visit, new StatesError('States.ItemReaderFailed', cause));
  }
}

interface Children {
  mapRun: MapRun;
  limit: number;
  tolerance: (failed: number, total: number) => boolean;
  /** The children were asleep with their parent. */
  rejoin: boolean;
}

async function runChildren(
  state: MapState,
  visit: Visit,
  { mapRun, limit, tolerance, rejoin }: Children,
): Promise<void> {
  const { children } = mapRun;
  let failed = 0;
  await runSiblings({
    count: children.length,
    limit,
    signal: visit.scope.signal,
    async job(index, signal) {
      signal.throwIfAborted();
      await runChild(state, visit, { mapRun, index, signal, rejoin });
      signal.throwIfAborted();
      if (children[index]?.status !== 'SUCCEEDED') failed += 1;
      if (tolerance(failed, children.length)) return;
      const cause = 'The specified tolerated failure threshold was exceeded';
      throw mapRunFailed(visit, new StatesError('States.ExceedToleratedFailureThreshold', cause));
    },
  });
}

interface Child {
  mapRun: MapRun;
  index: number;
  signal: AbortSignal;
  rejoin: boolean;
}

/** Starts, redrives or rejoins one child, waits for its end, and writes into the map run how it ended. */
async function runChild(
  state: MapState,
  visit: Visit,
  { mapRun, index, signal, rejoin }: Child,
): Promise<void> {
  const { run } = visit;
  const child = mapRun.children[index];
  if (child === undefined || child.status === 'SUCCEEDED' || (rejoin && child.status !== 'RUNNING')) return;
  const execution =
    child.arn === undefined
      ? run.startChild({
          processor: state.ItemProcessor,
          input: child.input,
          label: label(state, visit),
          mapRunArn: mapRun.arn,
        })
      : rejoin
        ? run.host.rejoin(child.arn)
        : run.redriveChild(child.arn);
  child.arn = execution.record.arn;
  child.status = 'RUNNING';
  run.save();
  const stop = () => execution.stop();
  signal.addEventListener('abort', stop);
  const { status, output } = await execution.done.finally(() => signal.removeEventListener('abort', stop));
  child.status = status;
  if (output !== undefined) child.output = output;
  run.save();
}

/** Reports the failed map run; the error is then the Map state's. */
function mapRunFailed(visit: Visit, error: StatesError): StatesError {
  visit.emit('MapRunFailed', { mapRunFailedEventDetails: errorDetails(error.error, error.errorCause) });
  return error;
}

/** The part of the children's ARNs that names the Map state. */
function label(state: MapState, visit: Visit): string {
  return state.Label ?? visit.name.replace(/[^A-Za-z0-9_-]+/g, '').slice(0, 40);
}
