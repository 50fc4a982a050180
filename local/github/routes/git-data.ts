/** Git's own objects: refs, commits and trees, made and read as GitHub does. https://docs.github.com/en/rest/git */
import { notFound, unprocessable } from '../answers.ts';
import { git, gitAnswer, gitWithInput } from '../git.ts';
import { isAncestor } from '../payload.ts';
import { commitId, type RepositoryCall, type Routes } from './route.ts';

const refJson = (ref: string, sha: string) => ({
  status: 200,
  body: { ref, object: { type: 'commit', sha } },
});

/** Who commits when a request names nobody. */
const BELAY = { name: 'belay[bot]', email: 'belay[bot]@users.noreply.github.com' };

interface NewCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents?: readonly string[];
  readonly author?: Partial<typeof BELAY> & { readonly date?: string };
}

interface NewTree {
  readonly base_tree?: string;
  readonly tree: readonly {
    path: string;
    mode: string;
    type: string;
    sha?: string | null;
    content?: string;
  }[];
}

const commitJson = async (bare: string, sha: string) => {
  const format = '--format=%T%x00%P%x00%B';
  const [tree, parents = '', message = ''] = (await git(bare, 'log', '-1', format, sha)).split('\0');
  return {
    sha,
    message: message.trimEnd(),
    tree: { sha: tree },
    parents: parents.split(' ').flatMap((parent) => (parent === '' ? [] : { sha: parent })),
  };
};

export const gitDataRoutes: Routes = {
  'GET /repos/{owner}/{repo}/git/ref/{ref}': {
    needs: 'contents:read',
    inRepository: async (_, { bare, values }) => {
      const ref = `refs/${values.ref}`;
      const sha = await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', '--end-of-options', ref);
      return sha === undefined ? notFound : refJson(ref, sha);
    },
  },
  'POST /repos/{owner}/{repo}/git/refs': {
    needs: 'contents:write',
    inRepository: async (_, { bare, body }) => {
      const { ref, sha } = body as { ref: string; sha: string };
      if (!/^refs\/[^/]+\/.+/.test(ref))
        return unprocessable('Reference name must start with refs/ and have two slashes.');
      if ((await commitId(bare, sha)) === undefined) return unprocessable('Object does not exist');
      // Nothing in place of 40 zeros: the ref must not be there yet.
      const made = await gitAnswer(bare, 'update-ref', ref, sha, '0'.repeat(40));
      if (made === undefined) return unprocessable('Reference already exists');
      return { ...refJson(ref, sha), status: 201 };
    },
  },
  'PATCH /repos/{owner}/{repo}/git/refs/{ref}': {
    needs: 'contents:write',
    inRepository: async (_, { bare, values, body }) => {
      const { sha, force = false } = body as { sha: string; force?: boolean };
      const ref = `refs/${values.ref}`;
      const before = await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', '--end-of-options', ref);
      if (before === undefined) return unprocessable('Reference does not exist');
      if ((await commitId(bare, sha)) === undefined) return unprocessable('Object does not exist');
      if (!force && !(await isAncestor(bare, before, sha)))
        return unprocessable('Update is not a fast forward');
      await git(bare, 'update-ref', ref, sha, before);
      return refJson(ref, sha);
    },
  },
  'GET /repos/{owner}/{repo}/git/commits/{commit_sha}': {
    needs: 'contents:read',
    inRepository: async (_, { bare, values }) => {
      const sha = await commitId(bare, values.commit_sha ?? '');
      return sha === undefined ? notFound : { status: 200, body: await commitJson(bare, sha) };
    },
  },
  'POST /repos/{owner}/{repo}/git/commits': {
    needs: 'contents:write',
    inRepository: async (_, { bare, body }) => {
      const { message, tree, parents = [], author = {} } = body as NewCommit;
      if ((await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', `${tree}^{tree}`)) === undefined)
        return unprocessable('Tree SHA does not exist');
      const { name = BELAY.name, email = BELAY.email, date } = author;
      const person = ['-c', `user.name=${name}`, '-c', `user.email=${email}`];
      const args = [
        ...person,
        'commit-tree',
        tree,
        ...parents.flatMap((parent) => ['-p', parent]),
        '-m',
        message,
      ];
      const sha = await gitWithInput(bare, { args, ...(date === undefined ? {} : { date }) });
      return { status: 201, body: await commitJson(bare, sha) };
    },
  },
  'POST /repos/{owner}/{repo}/git/trees': { needs: 'contents:write', inRepository: makeTree },
};

/** Entries with contents become blobs; those of `base_tree` stay unless they are named. Only files at the top are taken. */
async function makeTree(_: unknown, { bare, body }: RepositoryCall) {
  const { base_tree, tree } = body as NewTree;
  const before = base_tree === undefined ? '' : await gitAnswer(bare, 'ls-tree', base_tree);
  if (before === undefined) return unprocessable('base_tree is not a valid tree oid');
  if (tree.some(({ path }) => path.includes('/')))
    return unprocessable('The local twin takes only files at the top of a tree.');
  const entries = new Map(
    before
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(line.indexOf('\t') + 1), line]),
  );
  for (const { path, mode, type, sha, content } of tree) {
    const blob =
      content === undefined
        ? sha
        : await gitWithInput(bare, { args: ['hash-object', '-w', '--stdin'], input: content });
    if (blob === undefined) return unprocessable('tree.sha or tree.content must be given');
    if (blob === null) entries.delete(path);
    else entries.set(path, `${mode} ${type} ${blob}\t${path}`);
  }
  const input = [...entries.values()].map((line) => `${line}\n`).join('');
  const sha = await gitWithInput(bare, { args: ['mktree'], input });
  const lines = [...entries.values()].map((line) => /^(\d+) (\w+) (\w+)\t(.+)$/.exec(line) ?? []);
  return {
    status: 201,
    body: {
      sha,
      truncated: false,
      tree: lines.map(([, mode, type, of, path]) => ({ mode, type, sha: of, path })),
    },
  };
}
