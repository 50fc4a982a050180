/** What merging a pull request would deploy: its head merged into its base branch, examined. A step of `resolve`. */
import type { Pull } from '../../core/contracts/pull.ts';
import type { ReleaseRef } from '../../core/contracts/release.ts';
import type { Request } from '../../core/request.ts';
import type { MergeBases } from '../github-ports.ts';
import type { Merged, Merges } from '../ports.ts';
import { type Examination, type ExaminePorts, examine, some } from './examine.ts';

export interface ExaminePullPorts extends ExaminePorts {
  readonly merges: Merges;
  readonly github: MergeBases;
}

export async function examinePull(
  pull: Pull,
  { request, release }: { readonly request: Request; readonly release: ReleaseRef },
  { merges, github, ...ports }: ExaminePullPorts,
): Promise<Examination> {
  const { fullName } = request.repository;
  const { base, head } = pull;
  const mergeBase = (one: string, other: string) => github.mergeBase(fullName, one, other);
  return merges.withMerge(fullName, { base, head, mergeBase }, (merged) => {
    if (merged.kind !== 'merged') return Promise.resolve(unmerged(pull, merged));
    const { onto, merge, result } = merged;
    const facts = { pull: { ...pull, onto, merge }, base: merged.base };
    return examine(result, { request, release, unmerged: facts }, ports);
  });
}

function unmerged({ base, head }: Pull, merged: Exclude<Merged, { kind: 'merged' }>): Examination {
  const [sha, onto] = [head.slice(0, 7), `${base} (${merged.onto.slice(0, 7)})`];
  switch (merged.kind) {
    case 'contained':
      return { environments: [], verdict: 'nothing-to-do', reason: `${onto} has ${sha} already` };
    case 'unrelated':
      return { environments: [], verdict: 'failed', reason: `${sha} and ${onto} have no common ancestor` };
    case 'conflict': {
      const reason = `${sha} does not merge into ${onto}: conflicts in ${some(merged.paths)}; merge ${base} into the branch`;
      return { environments: [], verdict: 'failed', reason };
    }
  }
}
