/** The plan bundle: everything an apply needs to be exactly the reviewed plan. Made by plan jobs, opened by apply and destroy jobs. */
import { readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Architecture, architectureSchema } from '../core/words.ts';
import { pack, staysInside, unpack } from './archive.ts';
import { badInput } from './failure.ts';
import { compareListings, fileDigest, type Listing, listTree } from './tree.ts';
import { BUNDLE_FILES, TREE, type Workspace } from './workspace.ts';

/** `meta.json`: what the apply's surroundings must equal. */
export const bundleMetaSchema = z.object({
  version: z.literal(1),
  tool: z.string(),
  toolVersion: z.string(),
  architecture: architectureSchema,
  /** Paths of the tree the plan job removed. */
  removed: z.array(z.string()),
});
export type BundleMeta = z.infer<typeof bundleMetaSchema>;

/**
 * Packs `plan.bin` (where the tool has one) and what differs from the listing taken before the tool ran.
 * @returns the archive, its SHA-256 (the `planDigest`), and links that were left out because they lead out of the tree.
 */
export async function makeBundle(
  workspace: Workspace,
  before: Listing,
  about: {
    readonly tool: string;
    readonly toolVersion: string;
    readonly architecture: Architecture;
    readonly hasPlanFile: boolean;
  },
): Promise<{ file: string; digest: string; leftOut: string[] }> {
  const { hasPlanFile, ...tool } = about;
  const { changed, removed } = compareListings(before, await listTree(workspace.tree));
  const meta: BundleMeta = { version: 1, ...tool, removed: removed.sort() };
  await writeFile(join(workspace.root, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
  const leftOut: string[] = [];
  for (const path of changed) {
    const target = await readlink(join(workspace.tree, path)).catch(() => undefined);
    if (target !== undefined && !staysInside(path, target)) leftOut.push(path);
  }
  const files = changed.filter((path) => !leftOut.includes(path)).map((path) => `${TREE}/${path}`);
  const file = join(workspace.own, 'bundle.tar.gz');
  await pack(file, workspace.root, ['meta.json', ...(hasPlanFile ? ['plan.bin'] : []), ...files]);
  return { file, digest: await fileDigest(file), leftOut };
}

/** @throws JobFailure when the file is not the bundle that was reviewed. Nothing has been unpacked then. */
export async function checkBundle(file: string, planDigest: string | undefined): Promise<void> {
  if (!planDigest)
    throw badInput('opening the plan bundle: the job names no plan digest to check it against');
  const digest = await fileDigest(file);
  if (digest !== planDigest) {
    throw badInput(
      `opening the plan bundle: its SHA-256 is ${digest}, the reviewed plan's is ${planDigest}; nothing was touched, plan again`,
    );
  }
}

/** Unpacks a checked bundle over the snapshot and answers its `meta.json`. */
export async function openBundle(file: string, workspace: Workspace): Promise<BundleMeta> {
  const known: readonly string[] = BUNDLE_FILES;
  await unpack(file, workspace.root, (path) => {
    const plain = path.replace(/^\.\//, '');
    return known.includes(plain) || plain.startsWith(`${TREE}/`);
  });
  const meta = bundleMetaSchema.parse(JSON.parse(await readFile(join(workspace.root, 'meta.json'), 'utf8')));
  for (const path of meta.removed) await rm(join(workspace.tree, path), { force: true });
  return meta;
}
