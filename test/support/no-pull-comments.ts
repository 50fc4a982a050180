/** For tests in which no pull request has anything written on it. */
import type { PullCommentWriter } from '../../lambdas/ports.ts';

const unexpected = async () => {
  throw new Error('nothing was to be written on a pull request');
};

export const NO_PULL_COMMENTS: PullCommentWriter = {
  createComment: unexpected,
  updateComment: unexpected,
  findComment: unexpected,
};
