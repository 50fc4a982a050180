/** CodeBuild as `image-build` sees it. */
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  StartBuildCommand,
  StopBuildCommand,
} from '@aws-sdk/client-codebuild';
import { type BuildState, type ImageBuildPorts, PassingTrouble } from '../image-build/ensure-image.ts';

/**
 * A full queue is an AccountLimitExceededException: accounts begin with as little as one build at once, and five that wait.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
 */
const PASSING = new Set(['AccountLimitExceededException', 'ThrottlingException', 'Throttling']);

/** Turns what passes by itself into PassingTrouble; the SDK has tried three times by then. */
export async function passing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { $fault, $retryable } = error as Error & { $fault?: unknown; $retryable?: unknown };
    const isNetwork = $fault === undefined && 'code' in error;
    if (PASSING.has(error.name) || $fault === 'server' || $retryable !== undefined || isNetwork) {
      throw new PassingTrouble(`${error.name}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html */
function stateOf({ buildStatus, phases = [], logs, id }: Build): BuildState {
  const failed = phases.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED');
  const said = (failed?.contexts ?? []).map(({ message }) => message).filter(Boolean);
  const running = buildStatus === 'IN_PROGRESS';
  return {
    status: running ? 'running' : buildStatus === 'SUCCEEDED' ? 'succeeded' : 'failed',
    problem: [`it ended as ${buildStatus}`, failed && `in phase ${failed.phaseType}`, ...said]
      .filter(Boolean)
      .join(', '),
    log: logs?.deepLink ?? `of build ${id}`,
  };
}

export function codeBuilds(client = new CodeBuildClient({})): ImageBuildPorts['builds'] {
  return {
    async start({ project, repositoryUri, tag, location, bases }, token) {
      const args = Object.entries(bases).map(([argument, image]) => `--build-arg ${argument}=${image}`);
      const command = new StartBuildCommand({
        projectName: project,
        idempotencyToken: token,
        // What the tag says is what is built, also when a deployment changes the project at the same moment.
        sourceLocationOverride: location,
        environmentVariablesOverride: [
          { name: 'IMAGE', value: `${repositoryUri}:${tag}` },
          { name: 'BASE_ARGUMENTS', value: args.join(' ') },
        ],
      });
      const { build } = await passing(client.send(command));
      if (build?.id === undefined) throw new PassingTrouble('StartBuild answered without a build');
      return build.id;
    },

    async look(id) {
      const { builds: [build] = [] } = await passing(client.send(new BatchGetBuildsCommand({ ids: [id] })));
      return build && stateOf(build);
    },

    async stop(id) {
      await client.send(new StopBuildCommand({ id }));
    },
  };
}
