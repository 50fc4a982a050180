/** GitHub Deployments. https://docs.github.com/en/rest/deployments */
import { notFound, paged, refused, unprocessable } from '../answers.ts';
import type { Deployment, DeploymentStatus } from '../deployments.ts';
import { combinedState } from '../statuses.ts';
import { commitId, type Place, type RepositoryCall, type Routes } from './route.ts';

interface NewDeployment {
  readonly ref: string;
  readonly task?: string;
  readonly auto_merge?: boolean;
  readonly required_contexts?: readonly string[];
  readonly environment?: string;
  readonly description?: string | null;
  readonly transient_environment?: boolean;
  readonly production_environment?: boolean;
}

const deploymentJson = ({ repository: _, ...rest }: Deployment) => rest;
const statusJson = ({ deployment: _, log_url, ...rest }: DeploymentStatus) => ({
  ...rest,
  ...(log_url === '' ? {} : { log_url, target_url: log_url }),
});

function deploymentOf(
  { deployments }: Place,
  { repository, values }: RepositoryCall,
): Deployment | undefined {
  const found = deployments.all.byId(Number(values.deployment_id));
  return found?.repository === repository.id ? found : undefined;
}

export const deploymentRoutes: Routes = {
  'POST /repos/{owner}/{repo}/deployments': {
    needs: 'deployments:write',
    inRepository: async (place, { repository, bare, body }) => {
      const { ref, task = 'deploy', auto_merge = true, required_contexts, ...wanted } = body as NewDeployment;
      const { environment = 'production', description = null, transient_environment = false } = wanted;
      const sha = await commitId(bare, ref);
      if (sha === undefined) return unprocessable(`No ref found for: ${ref}`);
      // GitHub would try to bring the default branch into the ref first, and every status and check would have to be green.
      if (auto_merge) return refused(409, `Conflict merging ${repository.defaultBranch} into ${ref}.`);
      const statuses = place.statuses.newest({ repository: repository.id, sha });
      if (required_contexts?.length !== 0 && combinedState(statuses) !== 'success')
        return refused(409, `Conflict: Commit status checks failed for ${ref}.`);
      const { production_environment = environment === 'production' } = wanted;
      const created_at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      const facts = {
        sha,
        ref,
        task,
        environment,
        description,
        transient_environment,
        production_environment,
      };
      const made = place.deployments.all.add((id) => ({
        id,
        repository: repository.id,
        created_at,
        ...facts,
      }));
      place.changed();
      return { status: 201, body: deploymentJson(made) };
    },
  },
  'GET /repos/{owner}/{repo}/deployments': {
    needs: 'deployments:read',
    inRepository: ({ deployments }, { repository, query }) => {
      const fields = ['sha', 'ref', 'task', 'environment'] as const;
      const found = deployments.all
        .all()
        .filter((one) => one.repository === repository.id)
        .filter((one) => fields.every((field) => one[field] === (query.get(field) ?? one[field])))
        .toReversed();
      return paged(query, found, (items) => items.map(deploymentJson));
    },
  },
  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': {
    needs: 'deployments:write',
    inRepository: (place, call) => {
      const deployment = deploymentOf(place, call);
      if (deployment === undefined) return notFound;
      const { auto_inactive = true, ...wanted } = call.body as Partial<DeploymentStatus> & {
        state: string;
        auto_inactive?: boolean;
      };
      const { state, description = '', environment = deployment.environment, log_url = '' } = wanted;
      if (description.length > 140) return unprocessable('Validation Failed', [{ field: 'description' }]);
      const made = place.deployments.add(
        deployment,
        { state, description, environment, log_url },
        auto_inactive,
      );
      place.changed();
      return { status: 201, body: statusJson(made) };
    },
  },
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': {
    needs: 'deployments:read',
    inRepository: (place, call) => {
      const deployment = deploymentOf(place, call);
      if (deployment === undefined) return notFound;
      return paged(call.query, place.deployments.statusesOf(deployment), (items) => items.map(statusJson));
    },
  },
};
