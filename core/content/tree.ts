/** The git tree of one commit as an index by path, made from one `git ls-tree`; read by `resolve` for content keys and path checks. */
import picomatch from 'picomatch';
import { isWithin, repositoryPath, repositoryRoot } from '../manifest/repository-path.ts';

/** One line of `git ls-tree`. `mode` is git's octal text (`100755` is an executable file, `120000` a symbolic link). */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly id: string;
}

/** What a commit consists of. Paths are in normal form, `.` is the root. */
export interface SourceTree {
  /** The entry at a path, the root included. */
  entryAt(path: string): TreeEntry | undefined;
  /** The git id of the tree or blob at a path. */
  idOf(path: string): string | undefined;
  /** Whether there is a directory at a path: what `parseManifest` asks. */
  hasDirectory(path: string): boolean;
  /** Everything below a directory, at any depth, in git's order; the directory itself is not among it. */
  entriesUnder(directory: string): TreeEntry[];
  /**
   * The files and directories that match at least one glob, in git's order. Globs are read from the repository's root, `*` stays
   * within a directory, `**` crosses them, and names that begin with a dot match too.
   */
  matching(globs: readonly string[]): TreeEntry[];
  /** The submodules' paths, in git's order: their content is not in the commit. */
  readonly submodules: readonly string[];
}

const treeMode = '040000';

/**
 * Indexes the output of `git ls-tree -r -t -z <commit>` (`MODE TYPE ID TAB PATH NUL`, see https://git-scm.com/docs/git-ls-tree);
 * `rootId` is the commit's own tree, which that output does not name. Throws on text that is not such output.
 */
export function parseTree(output: string, rootId: string): SourceTree {
  const entries = output.split('\0').slice(0, -1).map(parseEntry);
  if (!output.endsWith('\0') && output !== '') {
    throw new Error('Reading the output of git ls-tree: it is cut off; run it with -z and keep all of it.');
  }
  const index = new Map(entries.map((entry) => [entry.path, entry]));
  index.set(repositoryRoot, { path: repositoryRoot, mode: treeMode, type: 'tree', id: rootId });
  return {
    entryAt: (path) => index.get(path),
    idOf: (path) => index.get(path)?.id,
    hasDirectory: (path) => index.get(path)?.type === 'tree',
    entriesUnder: (directory) =>
      entries.filter(({ path }) => path !== directory && isWithin(path, directory)),
    matching: (globs) => {
      const patterns = globs.flatMap((glob) => repositoryPath(glob) ?? []);
      if (patterns.includes(repositoryRoot)) return [...index.values()];
      if (patterns.length === 0) return [];
      const matches = picomatch(patterns, { dot: true, flags: 's' });
      return entries.filter(({ path }) => matches(path));
    },
    submodules: entries.filter(({ type }) => type === 'commit').map(({ path }) => path),
  };
}

function parseEntry(line: string): TreeEntry {
  const [, mode, type, id, path] = /^(\d{6}) (blob|tree|commit) ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
  if (!mode || !isType(type) || !id || !path) {
    throw new Error(`Reading the output of git ls-tree: "${line}" is not "MODE TYPE ID<tab>PATH".`);
  }
  return { path, mode, type, id };
}

function isType(type: string | undefined): type is TreeEntry['type'] {
  return type === 'blob' || type === 'tree' || type === 'commit';
}
