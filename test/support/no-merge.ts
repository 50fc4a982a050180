/** For tests of `resolve` in which no pull request is merged. */
import type { GitHub, MergeBases } from '../../lambdas/github-ports.ts';
import type { Merges } from '../../lambdas/ports.ts';

const unexpected = async () => {
  throw new Error('nothing was to be merged');
};

export const NO_MERGE: { readonly merges: Merges; readonly github: MergeBases & Pick<GitHub, 'branchHead'> } =
  {
    merges: { withMerge: unexpected },
    github: { mergeBase: unexpected, branchHead: unexpected },
  };
