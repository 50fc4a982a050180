/** The repository, its branches and commits, and the statuses of commits. */
import { notFound, paged, refused, unprocessable } from '../answers.ts';
import { git, gitAnswer } from '../git.ts';
import { combinedState, type NewStatus } from '../statuses.ts';
import { commitId, type Routes } from './route.ts';

const noCommit = (name: string | undefined) => unprocessable(`No commit found for SHA: ${name}`);

async function branchesOf(bare: string): Promise<{ name: string; sha: string }[]> {
  const format = '--format=%(refname:lstrip=2) %(objectname)';
  const lines = (await gitAnswer(bare, 'for-each-ref', format, 'refs/heads/')) ?? '';
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      name: line.slice(0, line.lastIndexOf(' ')),
      sha: line.slice(line.lastIndexOf(' ') + 1),
    }));
}

export const commitRoutes: Routes = {
  'GET /repos/{owner}/{repo}': {
    needs: 'metadata:read',
    inRepository: ({ url }, { repository: { id, owner, name, defaultBranch } }) => ({
      status: 200,
      body: {
        id,
        name,
        full_name: `${owner}/${name}`,
        owner: { login: owner },
        private: true,
        default_branch: defaultBranch,
        clone_url: `${url}/${owner}/${name}.git`,
        html_url: `${url}/${owner}/${name}`,
      },
    }),
  },
  'GET /repos/{owner}/{repo}/branches': {
    needs: 'contents:read',
    inRepository: async (_, { bare, query }) => {
      const branches = await branchesOf(bare);
      return paged(query, branches, (items) => items.map(({ name, sha }) => ({ name, commit: { sha } })));
    },
  },
  'GET /repos/{owner}/{repo}/branches/{branch}': {
    needs: 'contents:read',
    inRepository: async (_, { bare, values }) => {
      const found = (await branchesOf(bare)).find(({ name }) => name === values.branch);
      if (found === undefined) return refused(404, 'Branch not found');
      return { status: 200, body: { name: found.name, commit: { sha: found.sha } } };
    },
  },

  // https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
  'POST /repos/{owner}/{repo}/statuses/{sha}': {
    needs: 'statuses:write',
    inRepository: async ({ statuses, changed }, { repository, bare, values: { sha: name = '' }, body }) => {
      // A commit that has a status is there: git need not be started for each of the many that follow.
      const isKnown = statuses.of({ repository: repository.id, sha: name }).length > 0;
      const isFullId = /^[0-9a-f]{40}$/.test(name);
      const sha = isKnown ? name : isFullId ? await commitId(bare, name) : undefined;
      if (sha === undefined) return noCommit(name);
      const created = statuses.create({ repository: repository.id, sha }, body as NewStatus);
      if (!('id' in created)) return unprocessable(created.message, created.errors);
      changed();
      return { status: 201, body: created };
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': {
    needs: 'statuses:read',
    inRepository: async ({ statuses }, { repository, bare, values, query }) => {
      const sha = await commitId(bare, values.ref ?? '');
      if (sha === undefined) return noCommit(values.ref);
      return paged(query, statuses.of({ repository: repository.id, sha }));
    },
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/status': {
    needs: 'statuses:read',
    inRepository: async ({ statuses }, { repository, bare, values, query }) => {
      const sha = await commitId(bare, values.ref ?? '');
      if (sha === undefined) return noCommit(values.ref);
      const newest = statuses.newest({ repository: repository.id, sha });
      const state = combinedState(newest);
      return paged(query, newest, (items) => ({ sha, state, total_count: newest.length, statuses: items }));
    },
  },

  'GET /repos/{owner}/{repo}/commits/{ref}': {
    needs: 'contents:read',
    inRepository: async (_, { bare, values }) => {
      const sha = await commitId(bare, values.ref ?? '');
      if (sha === undefined) return noCommit(values.ref);
      const [tree, parents = '', message = ''] = (
        await git(bare, 'log', '-1', '--format=%T%x00%P%x00%B', sha)
      ).split('\0');
      return {
        status: 200,
        body: {
          sha,
          commit: { message: message.trimEnd(), tree: { sha: tree } },
          parents: parents
            .split(' ')
            .filter(Boolean)
            .map((parent) => ({ sha: parent })),
        },
      };
    },
  },

  // https://docs.github.com/en/rest/commits/commits#compare-two-commits
  'GET /repos/{owner}/{repo}/compare/{basehead}': {
    needs: 'contents:read',
    inRepository: async (_, { bare, values }) => {
      const [baseName = '', headName = ''] = (values.basehead ?? '').split('...');
      const base = await commitId(bare, baseName);
      const head = await commitId(bare, headName);
      if (base === undefined || head === undefined) return notFound;
      const mergeBase = await gitAnswer(bare, 'merge-base', base, head);
      if (mergeBase === undefined)
        return refused(404, `No common ancestor between ${baseName} and ${headName}.`);
      const counts =
        (await gitAnswer(bare, 'rev-list', '--left-right', '--count', `${base}...${head}`)) ?? '0\t0';
      const [behind = 0, ahead = 0] = counts.split('\t').map(Number);
      const shas = ((await gitAnswer(bare, 'rev-list', '--reverse', `${base}..${head}`)) ?? '').split('\n');
      return {
        status: 200,
        body: {
          status: relation(ahead, behind),
          ahead_by: ahead,
          behind_by: behind,
          total_commits: ahead,
          base_commit: { sha: base },
          merge_base_commit: { sha: mergeBase },
          commits: shas.filter((sha) => sha !== '').map((sha) => ({ sha })),
        },
      };
    },
  },
};

function relation(ahead: number, behind: number): string {
  if (behind === 0) return ahead === 0 ? 'identical' : 'ahead';
  return ahead === 0 ? 'behind' : 'diverged';
}
