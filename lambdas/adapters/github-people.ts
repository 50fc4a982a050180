/** GitHub's REST API behind the ports `GitHubPeople` and `CommentWriter`, for `command` and for what `git-status` answers. */
import * as z from 'zod';
import type { CommentWriter, GitHubPeople } from '../github-ports.ts';
import { type GitHubCalls, orMissing } from './github-calls.ts';
import { understood } from './github-request.ts';
import type { GitHubAccess } from './github-token.ts';

const permissionSchema = z.object({ permission: z.string() });
const repositorySchema = z.object({ id: z.int() });
const pullSchema = z.object({
  state: z.enum(['open', 'closed']),
  // `repo` is null when the fork was deleted.
  head: z.object({ sha: z.string(), repo: repositorySchema.nullable() }),
  base: z.object({ ref: z.string(), repo: repositorySchema }),
  merged: z.boolean(),
  merge_commit_sha: z.string().nullable(),
});
const commitSchema = z.object({ sha: z.string() });
const writtenSchema = z.object({ id: z.int() });
const commentSchema = writtenSchema.extend({
  body: z.string().nullish(),
  user: z.object({ type: z.string() }).nullish(),
  performed_via_github_app: z.object({ id: z.int(), client_id: z.string().optional() }).nullish(),
});

/** GitHub answers this many at once at most. */
const PAGE = 100;

/** People may quote anything. GitHub does not promise to name the App: then it is enough that none of them wrote it. */
function isOf(appId: string, { user, performed_via_github_app: app }: z.infer<typeof commentSchema>) {
  return user?.type === 'Bot' && (app == null || String(app.id) === appId || app.client_id === appId);
}

export function gitHubPeople(
  { call, read, inRepository }: GitHubCalls,
  access: Pick<GitHubAccess, 'appId'>,
): GitHubPeople & CommentWriter {
  return {
    async permission(repository, login) {
      const doing = `asking what ${login} may in ${repository}`;
      const at = inRepository(repository, { metadata: 'read' });
      // https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user : `permission` is the level
      // that also a role of one's own stands on; it says `write` for `maintain` and `read` for `triage`.
      const answer = await orMissing(
        read(at(doing, 'GET /repos/{owner}/{name}/collaborators/{login}/permission', { login })),
      );
      const { permission } = understood(doing, permissionSchema, answer ?? { permission: 'none' });
      if (permission === 'admin' || permission === 'write') return 'write';
      return permission === 'read' ? 'read' : 'none';
    },
    async pullRequest(repository, number) {
      const doing = `reading pull request ${number} of ${repository}`;
      const at = inRepository(repository, { pull_requests: 'read' });
      // https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
      const answer = await read(at(doing, 'GET /repos/{owner}/{name}/pulls/{number}', { number }));
      const { state, head, base, merged, merge_commit_sha } = understood(doing, pullSchema, answer);
      return {
        ...{ state, head: head.sha, base: base.ref, fork: head.repo?.id !== base.repo.id },
        merged: merged ? (merge_commit_sha ?? undefined) : undefined,
      };
    },
    async fullCommit(repository, start) {
      const doing = `reading commit ${start} of ${repository}`;
      const at = inRepository(repository, { contents: 'read' });
      // https://docs.github.com/en/rest/commits/commits#get-a-commit ; a branch may be called like the beginning of an id.
      const answer = await orMissing(
        read(at(doing, 'GET /repos/{owner}/{name}/commits/{start}', { start })),
        422,
      );
      const sha = answer === undefined ? undefined : understood(doing, commitSchema, answer).sha;
      return sha?.startsWith(start) ? sha : undefined;
    },
    async react(repository, comment, content) {
      const doing = `reacting to comment ${comment} of ${repository}`;
      const at = inRepository(repository, { issues: 'write' });
      // https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment
      const route = 'POST /repos/{owner}/{name}/issues/comments/{comment}/reactions';
      await call(at(doing, route, { comment, content }));
    },
    async createComment(repository, pull, body) {
      const doing = `commenting on pull request ${pull} of ${repository}`;
      const at = inRepository(repository, { issues: 'write' });
      // https://docs.github.com/en/rest/issues/comments#create-an-issue-comment
      const answer = await call(
        at(doing, 'POST /repos/{owner}/{name}/issues/{pull}/comments', { pull, body }),
      );
      return understood(doing, writtenSchema, answer).id;
    },
    async updateComment(repository, comment, body) {
      const doing = `changing comment ${comment} of ${repository}`;
      const at = inRepository(repository, { issues: 'write' });
      // https://docs.github.com/en/rest/issues/comments#update-an-issue-comment
      await call(at(doing, 'PATCH /repos/{owner}/{name}/issues/comments/{comment}', { comment, body }));
    },
    async findComment(repository, pull, { since, words }) {
      const doing = `reading the comments on pull request ${pull} of ${repository}`;
      const at = inRepository(repository, { issues: 'read' });
      // https://docs.github.com/en/rest/issues/comments#list-issue-comments
      const route = 'GET /repos/{owner}/{name}/issues/{pull}/comments';
      const appId = await access.appId();
      for (let page = 1; ; page++) {
        const answer = await read(at(doing, route, { pull, since, per_page: PAGE, page }));
        const comments = understood(doing, commentSchema.array(), answer);
        const found = comments.find(
          (comment) => comment.body?.includes(words) && (appId === undefined || isOf(appId, comment)),
        );
        if (found !== undefined || comments.length < PAGE) return found?.id;
      }
    },
  };
}
