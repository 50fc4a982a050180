/** The outputs components produced, read for those who consume them; used by `open` and `prepare`. */
import { type Outputs, outputsSchema } from '../../core/contracts/job.ts';
import { outputsKey } from '../../core/keys.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { ObjectStore } from '../ports.ts';
import { readDocument } from './documents.ts';
import { inParallel } from './in-parallel.ts';

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
