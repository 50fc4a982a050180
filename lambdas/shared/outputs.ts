/** The outputs components produced: stored for and read by those who consume them. Used by `open`, `prepare` and `record`. */
import type { TargetRef } from '../../core/contracts/functions.ts';
import { type Outputs, outputsSchema } from '../../core/contracts/job.ts';
import { outputsKey, stageKey } from '../../core/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from './documents.ts';
import { inParallel } from './in-parallel.ts';
import { addressOf } from './target-address.ts';

/** The newest outputs of every component the targets take inputs from; components that never produced any have no entry. */
export async function readConsumedOutputs(
  store: ObjectStore,
  repository: number,
  targets: readonly ResolvedTarget[],
): Promise<Map<string, Outputs>> {
  const sources = new Map(
    targets.flatMap(({ environment, inputs }) =>
      Object.values(inputs).map(({ component }) => [component, environment] as const),
    ),
  );
  const outputs = new Map<string, Outputs>();
  await inParallel(sources, async ([component, environment]) => {
    const produced = await readDocument(store, outputsKey(repository, environment, component), outputsSchema);
    if (produced !== undefined) outputs.set(component, produced);
  });
  return outputs;
}

/**
 * Makes what the apply of this release produced the component's newest outputs: for its test and for its dependents. A test of
 * an empty plan has no apply; the outputs stay then.
 */
export async function publishOutputs(store: ObjectStore, target: TargetRef): Promise<void> {
  const { release, environment, component } = target;
  const produced = stageKey(addressOf(target), 'apply', 'outputs.json');
  if (await store.exists(produced)) {
    await store.copy(produced, outputsKey(release.repository, environment, component));
  }
}
