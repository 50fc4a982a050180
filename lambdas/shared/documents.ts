/** Reading the documents a release keeps in the artifacts bucket; used by the functions of a deployment. */
import { gunzipSync } from 'node:zlib';
import type * as z from 'zod';
import { parseTree, type SourceTree } from '../../core/content/tree.ts';
import {
  type ReleaseDocument,
  type ReleaseEnvironment,
  type ReleaseTarget,
  releaseDocumentSchema,
} from '../../core/contracts/release.ts';
import { releaseKey, treeKey } from '../../core/keys.ts';
import { COMMIT_OPERATIONS } from '../../core/words.ts';
import type { ObjectStore } from '../ports.ts';
import type { ReleaseAddress } from './items.ts';

/**
 * A JSON document; undefined when there is none.
 * @throws Error when it is not what the schema says.
 */
export async function readDocument<T extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: T,
): Promise<z.output<T> | undefined> {
  const body = await store.get(key);
  if (body === undefined) return undefined;
  const read = schema.safeParse(JSON.parse(Buffer.from(body).toString('utf8')));
  if (!read.success) throw new Error(`reading ${key} from the artifacts bucket: ${read.error.message}`);
  return read.data;
}

/** @throws Error when `resolve` has not stored it. */
export async function readReleaseDocument(
  store: ObjectStore,
  release: ReleaseAddress,
): Promise<ReleaseDocument> {
  const key = releaseKey(release.repository, release.id);
  const document = await readDocument(store, key, releaseDocumentSchema);
  if (document === undefined) {
    throw new Error(`reading ${key} from the artifacts bucket: there is no such object; push again`);
  }
  return document;
}

/** Else it is about what is deployed: there is no gate to pass, nothing is affected, and no policy comes into force. */
export const bringsCommit = ({ operation = 'apply' }: Pick<ReleaseDocument, 'operation'>): boolean =>
  COMMIT_OPERATIONS.includes(operation);

/** @throws Error when the commit's manifest has no such environment. */
export function environmentIn(document: ReleaseDocument, name: string): ReleaseEnvironment {
  const environment = document.environments.find((one) => one.name === name);
  if (environment === undefined) {
    throw new Error(
      `looking for environment ${name} in release ${document.release.id}: its manifest has none`,
    );
  }
  return environment;
}

/** @throws Error when the environment has no such component. */
export function targetIn(environment: ReleaseEnvironment, component: string): ReleaseTarget {
  const target = environment.targets.find(({ entry }) => entry.component === component);
  if (target === undefined) {
    throw new Error(`looking for component ${component} in environment ${environment.name}: it has none`);
  }
  return target;
}

/** The commit jobs work on, as its snapshot and tree are named. */
export const sourceCommit = ({ pull, release }: ReleaseDocument): string => pull?.merge ?? release.commit;

/** The commit's tree, for content keys. @throws Error for a release that brings no commit. */
export async function readTree(store: ObjectStore, document: ReleaseDocument): Promise<SourceTree> {
  const key = treeKey(document.release.repository, sourceCommit(document));
  const body = await store.get(key);
  if (body === undefined) {
    throw new Error(`reading ${key} from the artifacts bucket: there is no such object; push again`);
  }
  const { rootTree } = document;
  if (rootTree === undefined) {
    throw new Error(`reading the tree of release ${document.release.id}: it brings no commit`);
  }
  return parseTree(gunzipSync(body).toString('utf8'), rootTree);
}
