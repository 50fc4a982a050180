/** GitHub's REST API behind the port `AuditWriter`: deployments, and refs and commits of Git. Used by `github.ts`. */
import * as z from 'zod';
import type { AuditWriter } from '../github-ports.ts';
import { type GitHubCalls, orMissing } from './github-calls.ts';
import { understood } from './github-request.ts';

const deploymentSchema = z.object({ id: z.int(), description: z.string().nullish() });
const namedSchema = z.object({ sha: z.string() });
const refSchema = z.object({ object: namedSchema });
const commitSchema = z.object({ message: z.string(), tree: namedSchema, parents: namedSchema.array() });

/** GitHub answers this many at once at most. A commit has not more deployments of one kind in one environment. */
const PAGE = 100;

export function gitHubAudit({ call, read, inRepository }: GitHubCalls): AuditWriter {
  return {
    async createDeployment(repository, order) {
      const doing = `creating the deployment of ${order.ref} to ${order.environment} of ${repository}`;
      const at = inRepository(repository, { deployments: 'write' });
      // https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
      const answer = await call(at(doing, 'POST /repos/{owner}/{name}/deployments', order));
      return understood(doing, deploymentSchema, answer).id;
    },
    async findDeployment(repository, { ref: sha, task, environment, description }) {
      const doing = `looking for the deployment of ${sha} to ${environment} of ${repository}`;
      const at = inRepository(repository, { deployments: 'read' });
      // https://docs.github.com/en/rest/deployments/deployments#list-deployments , the newest first
      const wanted = { sha, task, environment, per_page: PAGE };
      const answer = await read(at(doing, 'GET /repos/{owner}/{name}/deployments', wanted));
      const found = understood(doing, deploymentSchema.array(), answer);
      return found.find((one) => one.description === description)?.id;
    },
    async createDeploymentStatus(repository, deployment, status) {
      const doing = `setting the state of deployment ${deployment} of ${repository} to ${status.state}`;
      const at = inRepository(repository, { deployments: 'write' });
      // https://docs.github.com/en/rest/deployments/statuses#create-a-deployment-status
      const route = 'POST /repos/{owner}/{name}/deployments/{deployment}/statuses';
      await call(at(doing, route, { deployment, ...status }));
    },
    async readRef(repository, ref) {
      const doing = `reading refs/${ref} of ${repository}`;
      const at = inRepository(repository, { contents: 'read' });
      // https://docs.github.com/en/rest/git/refs#get-a-reference
      const answer = await orMissing(read(at(doing, `GET /repos/{owner}/{name}/git/ref/${ref}`)));
      return answer === undefined ? undefined : understood(doing, refSchema, answer).object.sha;
    },
    async readCommit(repository, commit) {
      const doing = `reading commit ${commit} of ${repository}`;
      const at = inRepository(repository, { contents: 'read' });
      // https://docs.github.com/en/rest/git/commits#get-a-commit-object
      const answer = await orMissing(
        read(at(doing, 'GET /repos/{owner}/{name}/git/commits/{commit}', { commit })),
      );
      if (answer === undefined) return undefined;
      const { tree, message, parents } = understood(doing, commitSchema, answer);
      return { tree: tree.sha, message, parents: parents.map(({ sha }) => sha) };
    },
    async createCommit(repository, commit) {
      const doing = `creating a commit of the history in ${repository}`;
      const at = inRepository(repository, { contents: 'write' });
      // https://docs.github.com/en/rest/git/commits#create-a-commit ; without an author it is who asks, and GitHub signs it for an App.
      const answer = await call(at(doing, 'POST /repos/{owner}/{name}/git/commits', commit));
      return understood(doing, namedSchema, answer).sha;
    },
    async createRef(repository, ref, sha) {
      const doing = `creating refs/${ref} of ${repository}`;
      const at = inRepository(repository, { contents: 'write' });
      // https://docs.github.com/en/rest/git/refs#create-a-reference
      await call(at(doing, 'POST /repos/{owner}/{name}/git/refs', { ref: `refs/${ref}`, sha }));
    },
    async updateRef(repository, ref, { commit: sha, force }) {
      const doing = `moving refs/${ref} of ${repository} to ${sha}`;
      const at = inRepository(repository, { contents: 'write' });
      // https://docs.github.com/en/rest/git/refs#update-a-reference
      await call(at(doing, `PATCH /repos/{owner}/{name}/git/refs/${ref}`, { sha, force }));
    },
  };
}
