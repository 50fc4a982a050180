/** Unpacks and packs the archives of a job: the source snapshot (not trusted) and the plan bundle. */
import { isAbsolute, normalize, posix } from 'node:path';
import { create, extract, list, type ReadEntry } from 'tar';
import { badInput, messageOf } from './failure.ts';

/**
 * Unpacks a gzipped tar into `directory`. Everything is looked at before anything is written.
 * @param accepts says which paths may be in it at all
 * @throws JobFailure naming the first entry that would leave the directory, is a hard link, a device or a pipe.
 */
export async function unpack(
  archive: string,
  directory: string,
  accepts: (path: string) => boolean = () => true,
): Promise<void> {
  const problems: string[] = [];
  const look = (entry: ReadEntry) => {
    const problem = problemOf(entry) ?? (accepts(entry.path) ? undefined : 'does not belong there');
    if (problem) problems.push(`${entry.path}: ${problem}`);
  };
  try {
    await list({ file: archive, strict: true, onReadEntry: look });
    if (problems.length === 0) {
      await extract({ file: archive, cwd: directory, strict: true, preserveOwner: false });
    }
  } catch (error) {
    throw badInput(`unpacking an archive: ${messageOf(error)}`);
  }
  if (problems.length > 0) throw badInput(`unpacking an archive: refused ${problems[0]}`);
}

/** One plain file's content, without unpacking anything; undefined when the archive has no such file. */
export async function readPacked(archive: string, path: string): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let found = false;
  const onReadEntry = (entry: ReadEntry) => {
    if (normalize(entry.path) !== normalize(path) || !['File', 'OldFile'].includes(entry.type)) return;
    found = true;
    entry.on('data', (piece) => pieces.push(piece));
  };
  try {
    await list({ file: archive, strict: true, onReadEntry });
  } catch (error) {
    throw badInput(`reading an archive: ${messageOf(error)}`);
  }
  return found ? Buffer.concat(pieces) : undefined;
}

/** Packs paths (relative to `directory`, folders not followed) so that equal files give equal bytes. */
export async function pack(archive: string, directory: string, paths: readonly string[]): Promise<void> {
  await create(
    {
      file: archive,
      cwd: directory,
      gzip: true,
      portable: true,
      noDirRecurse: true,
      mtime: new Date(0),
      strict: true,
    },
    // A leading `./` keeps names that begin with `@` from being taken for archives.
    [...paths].sort().map((path) => `./${path}`),
  );
}

const UNPACKABLE = ['File', 'OldFile', 'Directory', 'SymbolicLink'];

function problemOf(entry: ReadEntry): string | undefined {
  if (!UNPACKABLE.includes(entry.type)) return `is a ${entry.type}, which is never unpacked`;
  if (isAbsolute(entry.path) || entry.path.split('/').includes('..')) return 'leaves the work tree';
  if (entry.type === 'SymbolicLink' && !staysInside(entry.path, entry.linkpath ?? '')) {
    return `is a link to ${entry.linkpath}, which leaves the work tree`;
  }
  return undefined;
}

/**
 * True for relative links that stay under the root. `..` is allowed at the link's beginning only: behind a folder that is itself
 * a link it would mean another place than it says.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || isAbsolute(target)) return false;
  const below = target.split('/').filter((part) => part !== '.' && part !== '');
  const firstName = below.findIndex((part) => part !== '..');
  if (firstName >= 0 && below.slice(firstName).includes('..')) return false;
  const meant = normalize(posix.join(posix.dirname(path), target));
  return meant !== '..' && !meant.startsWith('../');
}
