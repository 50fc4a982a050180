/** The file-backed S3 of the twin: its buckets, and direct access for the twin's own parts, without HTTP. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { Bucket, type BucketDefinition, type NewObject, type ObjectVersion } from './bucket.ts';
import { firstNotBelow } from './sorted-keys.ts';

/** An object as the twin's own parts read it. */
export interface StoredObject extends ObjectVersion {
  readonly body: Buffer;
}

/** All buckets of one twin, under one folder. */
export class ObjectStore {
  readonly clock: Clock;
  readonly #buckets: ReadonlyMap<string, Bucket>;

  /** Opens the buckets, with what earlier processes stored in the same folder. */
  constructor(folder: string, definitions: readonly BucketDefinition[], clock: Clock) {
    this.clock = clock;
    this.#buckets = new Map(
      definitions.map((definition) => [
        definition.name,
        new Bucket(join(folder, definition.name), definition),
      ]),
    );
  }

  /** The bucket by that name; throws NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) return bucket;
    const message = `The bucket "${name}" does not exist: the twin serves the buckets of the synthesized templates.`;
    throw new AwsError('NoSuchBucket', message, 404, { members: { BucketName: name } });
  }

  /** Stores an object; `headers` as in ObjectAttributes. */
  put(
    bucket: string,
    key: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): ObjectVersion {
    const target = this.bucket(bucket);
    const bytes = Buffer.from(body);
    const file = join(target.incoming, randomUUID());
    writeFileSync(file, bytes, { mode: 0o600 });
    const etag = etagOf(target, createHash('md5').update(bytes).digest('hex'));
    const object: NewObject = { file, etag, size: bytes.length, headers };
    return target.put(key, object, this.clock.now());
  }

  /** Reads the current object, or undefined. */
  get(bucket: string, key: string): StoredObject | undefined {
    const source = this.bucket(bucket);
    const version = source.current(key);
    return version && { ...version, body: readFileSync(source.blobPath(version)) };
  }

  /** The current objects under a prefix, in key order. */
  list(bucket: string, prefix = ''): (ObjectVersion & { readonly key: string })[] {
    const source = this.bucket(bucket);
    const found: (ObjectVersion & { key: string })[] = [];
    for (let index = firstNotBelow(source.keys, prefix); ; index++) {
      const key = source.keys[index];
      if (key === undefined || !key.startsWith(prefix)) return found;
      const version = source.current(key);
      if (version !== undefined) found.push({ ...version, key });
    }
  }
}

/** The entity tag of new bytes: their MD5, but not under KMS encryption, where S3's is no MD5 either. */
export function etagOf(bucket: Bucket, md5: string): string {
  return bucket.definition.kmsKeyArn === undefined ? md5 : randomBytes(16).toString('hex');
}
