/** A repository on GitHub as far as the audit writes it: commits, refs and deployments, checked against GitHub's description. */

import { GitHubError } from '../../lambdas/github-error.ts';
import type { AuditWriter, GitCommit } from '../../lambdas/github-ports.ts';
import { requestProblems } from '../../local/github/api/description.ts';

function check(operation: string, values: Record<string, string>, body: object): void {
  const all = { operation, values: { owner: 'acme', repo: 'shop', ...values } };
  const problems = requestProblems(all, new URLSearchParams(), JSON.parse(JSON.stringify(body)));
  if (problems.length > 0) throw new Error(`${operation}: ${problems.join('; ')}`);
}

/** `sources`: commit → tree of what was pushed. */
export function gitObjectsMemory(sources: Readonly<Record<string, string>>) {
  const commits = new Map<string, GitCommit>(
    Object.entries(sources).map(([sha, tree]) => [sha, { message: 'source', tree, parents: [] }]),
  );
  const refs = new Map<string, string>();
  const deployments: { order: Parameters<AuditWriter['createDeployment']>[1]; states: string[] }[] = [];
  const calls: string[] = [];
  const no = (status: number, message: string) =>
    new GitHubError(status, `GitHub answered ${status}: ${message}`);
  const descends = (commit: string | undefined, from: string): boolean =>
    commit === from || (commits.get(commit ?? '')?.parents ?? []).some((parent) => descends(parent, from));
  const writer: AuditWriter = {
    async createDeployment(_, order) {
      check('POST /repos/{owner}/{repo}/deployments', {}, order);
      calls.push(`deployment of ${order.ref.slice(0, 7)} to ${order.environment}`);
      return deployments.push({ order, states: [] });
    },
    async findDeployment(_, wanted) {
      const index = deployments.findLastIndex(
        ({ order }) => JSON.stringify(order) === JSON.stringify(wanted),
      );
      return index === -1 ? undefined : index + 1;
    },
    async createDeploymentStatus(_, id, status) {
      const at = 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses';
      check(at, { deployment_id: String(id) }, status);
      calls.push(`deployment ${id} ${status.state}`);
      const deployment = deployments[id - 1];
      if (deployment === undefined) throw no(404, 'Not Found');
      deployment.states.push(`${status.state}: ${status.description}`);
    },
    readRef: async (_, ref) => refs.get(ref),
    readCommit: async (_, sha) => commits.get(sha),
    async createCommit(_, commit) {
      check('POST /repos/{owner}/{repo}/git/commits', {}, commit);
      calls.push('commit');
      if (commit.parents.some((parent) => !commits.has(parent))) throw no(422, 'parent does not exist');
      const sha = `e${commits.size}`.padEnd(40, '0');
      commits.set(sha, commit);
      return sha;
    },
    async createRef(_, ref, sha) {
      check('POST /repos/{owner}/{repo}/git/refs', {}, { ref: `refs/${ref}`, sha });
      calls.push(`new ${ref}`);
      if (refs.has(ref)) throw no(422, 'Reference already exists');
      refs.set(ref, sha);
    },
    async updateRef(_, ref, { commit: sha, force }) {
      check('PATCH /repos/{owner}/{repo}/git/refs/{ref}', { ref }, { sha, force });
      calls.push(`${force ? 'forced' : 'moved'} ${ref}`);
      const before = refs.get(ref);
      if (before === undefined) throw no(422, 'Reference does not exist');
      if (!force && !descends(sha, before)) throw no(422, 'Update is not a fast forward');
      refs.set(ref, sha);
    },
  };
  /** As `git log --first-parent` goes. */
  function chain(ref: string): GitCommit[] {
    const found: GitCommit[] = [];
    for (let commit = commits.get(refs.get(ref) ?? ''); commit !== undefined; ) {
      found.push(commit);
      commit = commits.get(commit.parents[0] ?? '');
    }
    return found;
  }
  return {
    writer,
    commits,
    refs,
    deployments,
    calls,
    messages: (ref: string) => chain(ref).map(({ message }) => message),
    /** Trees and subjects of a ref's chain, newest first. */
    log: (ref: string) => chain(ref).map(({ tree, message }) => `${tree} ${message.split('\n')[0]}`),
  };
}
