/** The git binary behind the `Git` port, for `resolve`: one commit, fetched alone, as tree, archive and texts. Never through a shell. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedCommit, Git, Merges } from '../ports.ts';
import { mergeAt } from './git-merge.ts';
import { type GitPlace, gitAt } from './git-process.ts';
import type { GitHubAccess } from './github-token.ts';

export interface GitOptions {
  /** Where repositories are: `https://github.com`, a GitHub Enterprise host, or a `file://` folder of bare repositories. */
  readonly url: string;
  /** Asked for a token before each fetch over HTTP. */
  readonly access: Pick<GitHubAccess, 'token'>;
  /** What git may see of the function's environment is picked from this. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Outranks the commit's own `.gitattributes`: a snapshot without a file, or with one rewritten, is not the commit. */
const ATTRIBUTES = '* -export-ignore -export-subst\n';

/** Repositories below `url`, which ends in neither slash nor `.git`. */
export function git({ url, access, environment }: GitOptions): Git & Merges {
  const root = url.replace(/\/$/, '');

  /** A place of its own with what is fetched into it, gone when `use` has ended. */
  async function withPlace<T>(
    repository: string,
    use: (place: GitPlace, fetch: (...wanted: string[]) => Promise<unknown>) => Promise<T>,
  ): Promise<T> {
    const home = await mkdtemp(join(tmpdir(), 'belay-git-'));
    try {
      const authorization = root.startsWith('http')
        ? { url: root, token: await access.token({ repository }, { contents: 'read' }) }
        : undefined;
      const place = gitAt({ home, scheme: schemeOf(root), authorization, environment });
      await place.run(['init', '--quiet', '--bare', '--template=', '.']);
      await mkdir(join(home, 'info'), { recursive: true });
      await writeFile(join(home, 'info', 'attributes'), ATTRIBUTES);
      const options = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules'];
      const from = `${root}/${repository}.git`;
      return await use(place, (...wanted) => place.run(['fetch', ...options, from, ...wanted]));
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  return {
    withCommit: (repository, commit, use) =>
      withPlace(repository, async (place, fetch) => {
        await fetch(commit);
        return use(await fetched(place, commit));
      }),
    withMerge: (repository, wish, use) =>
      withPlace(repository, async (place, fetch) => {
        const end = await mergeAt(place, wish, fetch);
        if (end.kind !== 'merged') return use(end);
        return use({ ...end, result: await fetched(place, end.merge), base: await fetched(place, end.onto) });
      }),
  };
}

async function fetched(place: GitPlace, commit: string): Promise<FetchedCommit> {
  const rootTree = (await place.run(['rev-parse', '--verify', `${commit}^{tree}`])).toString().trim();
  return {
    rootTree,
    tree: () => place.run(['ls-tree', '-r', '-t', '-z', commit]),
    archive: () => place.gzipped(['archive', '--format=tar', commit]),
    read: async (blobs) => {
      const different = [...new Set(blobs)];
      if (different.length === 0) return new Map();
      return blobTexts(await place.run(['cat-file', '--batch'], `${different.join('\n')}\n`));
    },
    grep: async (pattern) => {
      const found = await place.run(['grep', '-l', '-z', '-E', '-e', pattern, commit], undefined, [1]);
      return found
        .toString()
        .split('\0')
        .slice(0, -1)
        .map((line) => line.slice(commit.length + 1));
    },
  };
}

/** `git cat-file --batch` answers `ID SP TYPE SP SIZE LF CONTENT LF` for each id: https://git-scm.com/docs/git-cat-file */
function blobTexts(output: Buffer): Map<string, string> {
  const texts = new Map<string, string>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf('\n', at);
    const [id = '', type, size] = output.toString('latin1', at, end).split(' ');
    if (type !== 'blob') throw new Error(`reading ${id} with git: it is ${type}, not a file`);
    const start = end + 1;
    at = start + Number(size) + 1;
    texts.set(id, output.toString('utf8', start, at - 1));
  }
  return texts;
}

function schemeOf(url: string): string {
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1];
  if (scheme === undefined)
    throw new Error(`GITHUB_URL is ${url}: it must begin with https://, http:// or file://`);
  return scheme;
}
