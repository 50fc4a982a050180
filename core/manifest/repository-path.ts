/** Paths inside the user's repository: the one place that decides what a path means and whether it stays inside. */

/** The repository's root as a path. */
export const repositoryRoot = '.';

/**
 * The path in its one normal form (`a/b`, no `./`, no `..`, no slash at either end; `.` is the root), read from the directory `base`.
 * `undefined` when it is absolute, leaves the repository or cannot be in a git tree.
 */
export function repositoryPath(text: string, base: string = repositoryRoot): string | undefined {
  if (text === '' || text.startsWith('/') || /[\\\p{Cc}]/u.test(text)) return undefined;
  const segments: string[] = [];
  for (const segment of [...base.split('/'), ...text.split('/')]) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.length === 0 ? repositoryRoot : segments.join('/');
}

/** Whether `path` is `directory` itself or lies under it; both in normal form. */
export function isWithin(path: string, directory: string): boolean {
  return directory === repositoryRoot || path === directory || path.startsWith(`${directory}/`);
}
