/** The artifacts bucket in memory, for tests of logic. */
import type { ObjectStore } from '../../lambdas/ports.ts';

/** `objects` is the bucket's content, for assertions; `json` reads one object. */
export interface StoreMemory extends ObjectStore {
  readonly objects: Map<string, Uint8Array>;
  json(key: string): unknown;
}

export function storeMemory(): StoreMemory {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    json(key) {
      const body = objects.get(key);
      return body === undefined ? undefined : JSON.parse(Buffer.from(body).toString('utf8'));
    },
    get: async (key) => objects.get(key),
    put: async (key, body) => void objects.set(key, typeof body === 'string' ? Buffer.from(body) : body),
    exists: async (key) => objects.has(key),
    copy: async (from, to) => {
      const body = objects.get(from);
      if (body === undefined) throw new Error(`NoSuchKey: ${from}`);
      objects.set(to, body);
    },
    presignGet: async (key) => `https://bucket.test/${key}`,
    presignPut: async (key) => `https://bucket.test/${key}`,
  };
}
