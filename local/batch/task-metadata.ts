/** What Fargate tells a job of its own task. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
import type { OpenRoute } from '../wire/gateway.ts';
import type { Jobs } from './jobs.ts';

const prefix = '/belay-task/';

/** For `ECS_CONTAINER_METADATA_URI_V4`, behind the endpoint. */
export const metadataPath = (jobId: string) => `${prefix}${jobId}`;

/** Here nothing is pulled: an image is there the moment its job starts. */
export function metadataRoute(jobs: () => Pick<Jobs, 'get'>): OpenRoute {
  return {
    prefix,
    async handle(_, path) {
      const job = jobs().get(path.slice(prefix.length).replace(/\/task$/, ''));
      if (job?.startedAt === undefined || !path.endsWith('/task')) return undefined;
      const startedAt = new Date(job.startedAt).toISOString();
      const { vcpus, memoryMb, storageGiB } = job.definition;
      const document = {
        Limits: { CPU: vcpus, Memory: memoryMb },
        EphemeralStorageMetrics: { Utilized: 0, Reserved: storageGiB * 1024 },
        PullStartedAt: startedAt,
        PullStoppedAt: startedAt,
      };
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
    },
  };
}
