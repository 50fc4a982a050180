/** Pull requests, comments and reactions. */
import { notFound, paged, type RestAnswer, unprocessable } from '../answers.ts';
import { type Comment, MAX_BODY, type PullRequest } from '../discussions.ts';
import { commitId, type Place, type RepositoryCall, type Routes } from './route.ts';

/** What the twin's App is called where it speaks. */
const BOT = 'belay[bot]';

const pullJson = async ({ url }: Place, { bare, repository }: RepositoryCall, pull: PullRequest) => {
  const html = `${url}/${repository.owner}/${repository.name}`;
  const end = async (branch: string) => ({
    ref: branch,
    label: `${repository.owner}:${branch}`,
    // A branch that was merged may be deleted.
    sha: (await commitId(bare, `refs/heads/${branch}`)) ?? pull.merged ?? '',
    repo: { id: repository.id, name: repository.name, full_name: `${repository.owner}/${repository.name}` },
    user: { login: repository.owner },
  });
  const { id, number, title, state, draft, user, head, base, merged } = pull;
  return {
    ...{ id, number, title, state, draft },
    user: { login: user },
    merged: merged !== undefined,
    merge_commit_sha: merged ?? null,
    html_url: `${html}/pull/${number}`,
    head: await end(head),
    base: await end(base),
  };
};

const commentJson = ({ url, app }: Place, { repository }: RepositoryCall, comment: Comment) => {
  const { id, body, user, created_at, updated_at, issue } = comment;
  const html = `${url}/${repository.owner}/${repository.name}/pull/${issue}`;
  const isBot = user.endsWith('[bot]');
  return {
    id,
    body,
    created_at,
    updated_at,
    user: { login: user, type: isBot ? 'Bot' : 'User' },
    performed_via_github_app: isBot ? { id: app.id, slug: 'belay', name: 'Belay' } : null,
    html_url: `${html}#issuecomment-${id}`,
  };
};

const pullOf = ({ discussions }: Place, { repository }: RepositoryCall, number: string | undefined) =>
  discussions.of(repository.id).find((pull) => pull.number === Number(number));

/** https://github.com/orgs/community/discussions/27190 */
const bodyProblem = (body: string): RestAnswer | undefined => {
  const message =
    body === '' ? "Body can't be blank" : `body is too long (maximum is ${MAX_BODY} characters)`;
  const problem = { resource: 'IssueComment', code: 'unprocessable', field: 'data', message };
  return body !== '' && body.length <= MAX_BODY ? undefined : unprocessable('Validation Failed', [problem]);
};

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export const discussionRoutes: Routes = {
  'GET /repos/{owner}/{repo}/pulls': {
    needs: 'pull_requests:read',
    inRepository: async (place, call) => {
      const { query, repository } = call;
      const state = query.get('state') ?? 'open';
      const head = query.get('head')?.split(':').at(-1);
      const pulls = place.discussions
        .of(repository.id)
        .filter((pull) => (state === 'all' || pull.state === state) && pull.head === (head ?? pull.head))
        .filter((pull) => pull.base === (query.get('base') ?? pull.base))
        .toReversed();
      return paged(query, await Promise.all(pulls.map((pull) => pullJson(place, call, pull))));
    },
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': {
    needs: 'pull_requests:read',
    inRepository: async (place, call) => {
      const pull = pullOf(place, call, call.values.pull_number);
      return pull === undefined ? notFound : { status: 200, body: await pullJson(place, call, pull) };
    },
  },
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: 'issues:read',
    inRepository: (place, call) => {
      const pull = pullOf(place, call, call.values.issue_number);
      if (pull === undefined) return notFound;
      const comments = place.discussions.comments
        .all()
        .filter(({ repository, issue }) => repository === call.repository.id && issue === pull.number)
        .filter(({ updated_at }) => Date.parse(updated_at) >= Date.parse(call.query.get('since') ?? '1970'));
      return paged(call.query, comments, (items) =>
        items.map((comment) => commentJson(place, call, comment)),
      );
    },
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': {
    needs: 'issues:write',
    inRepository: (place, call) => {
      const pull = pullOf(place, call, call.values.issue_number);
      if (pull === undefined) return notFound;
      const { body } = call.body as { body: string };
      const problem = bodyProblem(body);
      if (problem !== undefined) return problem;
      const [repository, issue, at] = [call.repository.id, pull.number, now()];
      const comment = place.discussions.comments.add((id) => ({
        ...{ id, repository, issue, user: BOT, body, created_at: at, updated_at: at },
      }));
      place.changed();
      return { status: 201, body: commentJson(place, call, comment) };
    },
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': {
    needs: 'issues:write',
    inRepository: (place, call) => {
      const { comments } = place.discussions;
      const comment = comments.byId(Number(call.values.comment_id));
      if (comment?.repository !== call.repository.id) return notFound;
      const { body } = call.body as { body: string };
      const problem = bodyProblem(body);
      if (problem !== undefined) return problem;
      const changed = comments.put({ ...comment, body, updated_at: now() });
      place.changed();
      return { status: 200, body: commentJson(place, call, changed) };
    },
  },
  'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions': {
    needs: 'issues:write',
    inRepository: (place, call) => {
      const { comments, reactions } = place.discussions;
      const comment = comments.byId(Number(call.values.comment_id));
      if (comment?.repository !== call.repository.id) return notFound;
      const { content } = call.body as { content: string };
      const given = reactions.all().find((one) => one.comment === comment.id && one.content === content);
      const reaction = given ?? reactions.add((id) => ({ id, comment: comment.id, user: BOT, content }));
      place.changed();
      // 200: the same reaction was there before.
      const status = given === undefined ? 201 : 200;
      return { status, body: { id: reaction.id, content, user: { login: BOT, type: 'Bot' } } };
    },
  },
};
