/** The artifacts bucket in memory, for tests of logic. URLs name the method and the key. */
import type { ObjectStore } from '../../lambdas/ports.ts';

/** `objects` is the bucket's content, for assertions. */
export interface ObjectsMemory extends ObjectStore {
  readonly objects: Map<string, Buffer>;
}

export function objectsMemory(content: Record<string, string> = {}): ObjectsMemory {
  const objects = new Map(Object.entries(content).map(([key, text]) => [key, Buffer.from(text)]));
  return {
    objects,
    get: async (key) => objects.get(key),
    async put(key, body) {
      objects.set(key, Buffer.from(body));
    },
    exists: async (key) => objects.has(key),
    async copy(from, to) {
      const body = objects.get(from);
      if (body === undefined) throw new Error(`there is no object ${from} to copy`);
      objects.set(to, body);
    },
    async remove(key) {
      objects.delete(key);
    },
    presignGet: async (key, seconds) => `https://bucket.test/get/${key}?seconds=${seconds}`,
    presignPut: async (key, seconds) => `https://bucket.test/put/${key}?seconds=${seconds}`,
  };
}
