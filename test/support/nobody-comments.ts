/** GitHub where nobody says anything: for tests that are about something else. */
import type { CommentWriter, GitHubPeople } from '../../lambdas/github-ports.ts';

const unexpected = () => Promise.reject(new Error('nobody has commented'));

export const NOBODY_COMMENTS: GitHubPeople & CommentWriter = {
  permission: unexpected,
  pullRequest: unexpected,
  fullCommit: unexpected,
  react: unexpected,
  createComment: unexpected,
  updateComment: unexpected,
  findComment: unexpected,
};
