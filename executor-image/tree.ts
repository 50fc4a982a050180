/** What a job made, changed or removed in its work tree: told by comparing two listings. Called around a plan. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Relative path → something that differs whenever the file was written, replaced or changed its mode. */
export type Listing = ReadonlyMap<string, string>;

/** Files and links under a directory, without `.terraform` (providers and modules: `init` brings them again). */
export async function listTree(directory: string): Promise<Listing> {
  const found = new Map<string, string>();
  for await (const path of filesUnder(directory)) {
    const { size, mtimeNs, ctimeNs, mode, ino } = await lstat(join(directory, path), { bigint: true });
    found.set(path, `${size} ${mtimeNs} ${ctimeNs} ${mode} ${ino}`);
  }
  return found;
}

/** Paths that are new or differ in `after`, and those that are gone. */
export function compareListings(before: Listing, after: Listing): { changed: string[]; removed: string[] } {
  return {
    changed: [...after].filter(([path, mark]) => before.get(path) !== mark).map(([path]) => path),
    removed: [...before.keys()].filter((path) => !after.has(path)),
  };
}

/** Relative path → SHA-256 of the content (of the target for links): what a directory is made of. */
export async function hashTree(directory: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for await (const path of filesUnder(directory)) {
    const file = join(directory, path);
    const isLink = (await lstat(file)).isSymbolicLink();
    hashes[path] = isLink ? `link to ${await readlink(file)}` : await fileDigest(file);
  }
  return hashes;
}

/** SHA-256 (hex) of a file. */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function* filesUnder(directory: string, below = ''): AsyncGenerator<string> {
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (!entry.isDirectory()) {
      if (entry.isFile() || entry.isSymbolicLink()) yield path;
    } else if (entry.name !== '.terraform') yield* filesUnder(directory, path);
  }
}
