/** GitHub's REST API behind the ports `GitHub` and `GitHubWriter`, for the ancestry gate, `git-status` and approvers. Works with GitHub Enterprise Server. */
import * as z from 'zod';
import type {
  AuditWriter,
  CommentWriter,
  GitHub,
  GitHubPeople,
  GitHubWriter,
  MergeBases,
} from '../github-ports.ts';
import { gitHubAudit } from './github-audit.ts';
import { gitHubCalls, orMissing } from './github-calls.ts';
import { gitHubPeople } from './github-people.ts';
import { understood } from './github-request.ts';
import type { GitHubAccess } from './github-token.ts';

const mergeBaseSchema = z.object({ merge_base_commit: z.object({ sha: z.string() }) });
const comparisonSchema = z.object({ status: z.enum(['identical', 'ahead', 'behind', 'diverged']) });
const membershipSchema = z.object({ state: z.enum(['active', 'pending']) });
const commitSchema = z.object({ commit: z.object({ message: z.string() }) });
const refSchema = z.object({ object: z.object({ sha: z.string() }) });
const checkRunSchema = z.object({ id: z.int() });

/** The API at `baseUrl` (`https://api.github.com`, or `https://<host>/api/v3`). Refusals throw `GitHubError`. */
export function gitHub(
  baseUrl: string,
  access: GitHubAccess,
  pauses?: readonly number[],
): GitHub & GitHubWriter & GitHubPeople & CommentWriter & MergeBases & AuditWriter {
  const calls = gitHubCalls(baseUrl, access, pauses);
  const { call, read, inRepository } = calls;

  /** https://docs.github.com/en/rest/commits/commits#compare-two-commits ; undefined without a common ancestor, too. */
  async function comparison<T extends z.ZodType>(
    repository: string,
    { base, head }: { readonly base: string; readonly head: string },
    schema: T,
  ): Promise<z.output<T> | undefined> {
    const doing = `comparing ${base}...${head} of ${repository}`;
    const at = inRepository(repository, { contents: 'read' });
    const answer = await orMissing(
      read(at(doing, 'GET /repos/{owner}/{name}/compare/{base}...{head}', { base, head, per_page: 1 })),
    );
    return answer === undefined ? undefined : understood(doing, schema, answer);
  }

  return {
    ...gitHubPeople(calls, access),
    ...gitHubAudit(calls),
    compare: async (repository, base, head) =>
      (await comparison(repository, { base, head }, comparisonSchema))?.status ?? 'unknown',
    mergeBase: async (repository, base, head) =>
      (await comparison(repository, { base, head }, mergeBaseSchema))?.merge_base_commit.sha,
    async branchHead(repository, branch) {
      const doing = `reading the head of ${branch} of ${repository}`;
      // https://docs.github.com/en/rest/git/refs#get-a-reference ; a branch's own slashes stay slashes.
      const ref = branch.split('/').map(encodeURIComponent).join('/');
      const at = inRepository(repository, { contents: 'read' });
      const answer = await orMissing(read(at(doing, `GET /repos/{owner}/{name}/git/ref/heads/${ref}`)));
      return answer === undefined ? undefined : understood(doing, refSchema, answer).object.sha;
    },
    async commitMessage(repository, commit) {
      const doing = `reading commit ${commit} of ${repository}`;
      // https://docs.github.com/en/rest/commits/commits#get-a-commit
      const at = inRepository(repository, { contents: 'read' });
      const answer = await read(at(doing, 'GET /repos/{owner}/{name}/commits/{commit}', { commit }));
      return understood(doing, commitSchema, answer).commit.message;
    },
    mode: () => access.mode(),
    async createStatus(repository, commit, status) {
      const doing = `setting status ${status.context} of ${commit} of ${repository}`;
      const at = inRepository(repository, { statuses: 'write' });
      // https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
      await call(at(doing, 'POST /repos/{owner}/{name}/statuses/{commit}', { commit, ...status }));
    },
    async createCheckRun(repository, commit, check) {
      const doing = `creating check ${check.name} of ${commit} of ${repository}`;
      const at = inRepository(repository, { checks: 'write' });
      // https://docs.github.com/en/rest/checks/runs#create-a-check-run ; the body's `name` is not the path's.
      const [owner, repo] = repository.split('/');
      const parameters = { owner, repo, head_sha: commit, ...check };
      const answer = await call({ ...at(doing, 'POST /repos/{owner}/{repo}/check-runs'), parameters });
      return understood(doing, checkRunSchema, answer).id;
    },
    async updateCheckRun(repository, id, check) {
      const doing = `changing check ${check.name} (${id}) of ${repository}`;
      const at = inRepository(repository, { checks: 'write' });
      // https://docs.github.com/en/rest/checks/runs#update-a-check-run
      const [owner, repo] = repository.split('/');
      const parameters = { owner, repo, id, ...check };
      await call({ ...at(doing, 'PATCH /repos/{owner}/{repo}/check-runs/{id}'), parameters });
    },
    async isTeamMember(organisation, team, login) {
      const doing = `asking whether ${login} is in team ${organisation}/${team}`;
      // https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
      const answer = await orMissing(
        read({
          doing,
          place: { organisation },
          permissions: { members: 'read' },
          route: 'GET /orgs/{organisation}/teams/{team}/memberships/{login}',
          parameters: { organisation, team, login },
        }),
      );
      return answer !== undefined && understood(doing, membershipSchema, answer).state === 'active';
    },
  };
}
