/** One bucket on disk: object bytes in `blobs/`, one record per key in `keys/`, uploads under way in `uploads/`. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../files.ts';
import type { ChecksumName } from './checksums.ts';
import { compareKeys, insertKey, removeKey } from './sorted-keys.ts';

/** What the twin says about a bucket when it starts. */
export interface BucketDefinition {
  readonly name: string;
  /** Keeps every version and answers deletes with delete markers. */
  readonly versioned: boolean;
  /** Key of the bucket's default encryption: callers then need its permissions too. */
  readonly kmsKeyArn?: string;
  /** KMS is asked about the bucket as a whole, not about each object. @default false */
  readonly bucketKey?: boolean;
}

/** What a client stored along with the bytes and gets back with them. */
export interface ObjectAttributes {
  /** Response headers: content-type, cache-control, x-amz-meta-…, x-amz-server-side-encryption… */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: { readonly name: ChecksumName; readonly value: string; readonly composite: boolean };
}

/** One version of an object. */
export interface ObjectVersion extends ObjectAttributes {
  /** `null` (the text) in a bucket without versioning, as S3 has it. */
  readonly versionId: string;
  /** Without quotes. */
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  /** File name in `blobs/`. */
  readonly blob: string;
  readonly deleteMarker: false;
}

/** A delete in a versioned bucket: the key has no current object, its versions stay. */
export interface DeleteMarker {
  readonly versionId: string;
  readonly lastModified: number;
  readonly deleteMarker: true;
}

/** Versions of a key, newest first; never empty. */
export type Versions = readonly (ObjectVersion | DeleteMarker)[];

/** Bytes in a file of the bucket's `incoming/` folder that are to become an object. */
export interface NewObject extends ObjectAttributes {
  readonly file: string;
  readonly etag: string;
  readonly size: number;
}

interface KeyRecord {
  readonly key: string;
  readonly versions: Versions;
}

/**
 * The state of a bucket. Every change is synchronous: the caller's check of a condition, the record on disk and the
 * index in memory change in one turn of the event loop, so racing requests see one order.
 */
export class Bucket {
  readonly definition: BucketDefinition;
  /** Keys with any version, in S3's order. */
  readonly keys: readonly string[];
  /** Where bodies are received; emptied at the start. */
  readonly incoming: string;
  readonly uploads: string;
  readonly #sorted: string[];
  readonly #versions = new Map<string, Versions>();
  readonly #blobs: string;
  readonly #records: string;

  constructor(folder: string, definition: BucketDefinition) {
    this.definition = definition;
    this.incoming = join(folder, 'incoming');
    this.uploads = join(folder, 'uploads');
    this.#blobs = join(folder, 'blobs');
    this.#records = join(folder, 'keys');
    rmSync(this.incoming, { recursive: true, force: true });
    for (const path of [this.incoming, this.uploads, this.#blobs, this.#records]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    this.#load();
    this.#sorted = [...this.#versions.keys()].sort(compareKeys);
    this.keys = this.#sorted;
  }

  /** Reads the records, and removes what a kill between two steps of a change left behind. */
  #load(): void {
    const known = new Set<string>();
    for (const name of readdirSync(this.#records)) {
      const path = join(this.#records, name);
      if (!name.endsWith('.json')) {
        rmSync(path);
        continue;
      }
      const record = JSON.parse(readFileSync(path, 'utf8')) as KeyRecord;
      this.#versions.set(record.key, record.versions);
      for (const version of record.versions) if (!version.deleteMarker) known.add(version.blob);
    }
    for (const blob of readdirSync(this.#blobs)) if (!known.has(blob)) rmSync(join(this.#blobs, blob));
  }

  /** All versions of a key, newest first. */
  versions(key: string): Versions {
    return this.#versions.get(key) ?? [];
  }

  /** The current object, unless there is none or it is deleted. */
  current(key: string): ObjectVersion | undefined {
    const newest = this.#versions.get(key)?.[0];
    return newest?.deleteMarker === false ? newest : undefined;
  }

  /** The file that holds a version's bytes; open it in the same turn, an overwrite removes it. */
  blobPath(version: ObjectVersion): string {
    return join(this.#blobs, version.blob);
  }

  /** Makes received bytes the current object of a key. */
  put(key: string, object: NewObject, now: number): ObjectVersion {
    const { file, ...rest } = object;
    const blob = randomUUID();
    const version: ObjectVersion = {
      ...rest,
      versionId: this.#newVersionId(),
      lastModified: now,
      blob,
      deleteMarker: false,
    };
    renameSync(file, join(this.#blobs, blob));
    this.#add(key, version);
    return version;
  }

  /**
   * Deletes as S3 does: a version id removes that version for good; without one, a versioned bucket gets a delete
   * marker and another loses the object. Answers what was removed or added, undefined when there was nothing.
   */
  delete(key: string, versionId: string | undefined, now: number): ObjectVersion | DeleteMarker | undefined {
    if (versionId === undefined && this.definition.versioned) {
      const marker: DeleteMarker = { versionId: this.#newVersionId(), lastModified: now, deleteMarker: true };
      this.#add(key, marker);
      return marker;
    }
    const versions = this.versions(key);
    const removed = versions.find((version) => version.versionId === (versionId ?? 'null'));
    if (removed === undefined) return undefined;
    this.#store(
      key,
      versions.filter((version) => version !== removed),
    );
    return removed;
  }

  #add(key: string, version: ObjectVersion | DeleteMarker): void {
    this.#store(key, this.definition.versioned ? [version, ...this.versions(key)] : [version]);
  }

  #store(key: string, versions: Versions): void {
    const before = this.versions(key);
    const path = join(this.#records, `${createHash('sha256').update(key).digest('hex')}.json`);
    if (versions.length === 0) {
      rmSync(path);
      this.#versions.delete(key);
      removeKey(this.#sorted, key);
    } else {
      writeFileAtomic(path, JSON.stringify({ key, versions } satisfies KeyRecord), 0o600);
      this.#versions.set(key, versions);
      insertKey(this.#sorted, key);
    }
    for (const version of before) {
      if (!version.deleteMarker && !versions.includes(version))
        rmSync(this.blobPath(version), { force: true });
    }
  }

  #newVersionId(): string {
    return this.definition.versioned ? randomUUID().replaceAll('-', '') : 'null';
  }
}
