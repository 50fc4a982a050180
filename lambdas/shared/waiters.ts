/** Who waits for a target's end, in the pass it is in; used by whoever ends targets. */
import * as z from 'zod';
import type { TargetRef } from '../../core/contracts/functions.ts';
import { mapItemSchema } from '../../core/contracts/release.ts';
import { targetsKey } from '../../core/keys.ts';
import type { ObjectStore } from '../ports.ts';
import { environmentIn, readDocument, readReleaseDocument } from './documents.ts';

/** In a deployment those that need it; in a rollback and in a destroy as the list of the pass has it. */
export async function waitersFor(store: ObjectStore, target: TargetRef): Promise<string[]> {
  const { release, environment, component, pass = 'deploy' } = target;
  const document = await readReleaseDocument(store, release);
  if (pass === 'deploy' && document.operation !== 'destroy') {
    const { targets } = environmentIn(document, environment);
    return targets.flatMap(({ entry }) => (entry.needs.includes(component) ? entry.component : []));
  }
  const key = targetsKey(release.repository, release.id, environment, pass);
  const items = (await readDocument(store, key, z.array(mapItemSchema))) ?? [];
  return items.filter(({ after = [] }) => after.includes(component)).map((item) => item.component);
}
