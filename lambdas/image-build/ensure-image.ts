/** Makes sure that an image is in its repository: builds it where it is not, and waits for that. Used by `answer.ts` and `check-bases.ts`. */
import type { ImageOrder } from '../../core/contracts/image-build.ts';

/** How a build stands. `problem`: what went wrong, in CodeBuild's words. */
export interface BuildState {
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly problem: string;
  /** Address of its log. */
  readonly log: string;
}

/** Something that passes by itself: a throttle, a full queue, a connection that broke. */
export class PassingTrouble extends Error {}

export interface ImageBuildPorts {
  /** Whether the repository has an image of this tag. */
  readonly hasImage: (repository: string, tag: string) => Promise<boolean>;
  readonly builds: {
    /** Starts a build and answers its id; the same token within five minutes starts none again. */
    start(order: ImageOrder, token: string): Promise<string>;
    /** Undefined as long as CodeBuild does not know the id. */
    look(id: string): Promise<BuildState | undefined>;
    stop(id: string): Promise<void>;
  };
  /** Milliseconds until this invocation must have answered. */
  readonly timeLeft: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** How a deployment is tried again. One that was the first leaves a protected stack, which neither people nor the CDK can delete as it is. */
const AGAIN =
  'deploy again; if it was the first deployment, before that: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name Belay';

/** Between two looks at a build. */
const LOOK_EVERY_MS = 10_000;

/**
 * `there` without a build when the tag exists, which is how a rolled back stack gets its old image back at once.
 * @throws Error saying why there is no image and where to read more.
 */
export async function ensureImage(
  order: ImageOrder,
  token: string,
  ports: ImageBuildPorts,
): Promise<'there' | 'built'> {
  const image = `${order.repository}:${order.tag}`;
  const doing = `building the image ${image} with the CodeBuild project ${order.project}`;
  const isThere = () => patiently(() => ports.hasImage(order.repository, order.tag), doing, ports);
  if (await isThere()) return 'there';
  const id = await patiently(() => ports.builds.start(order, token), doing, ports);
  for (;;) {
    const state = await patiently(() => ports.builds.look(id), `${doing}, build ${id}`, ports).catch(
      (error: unknown) => stopped(id, ports, error),
    );
    if (state !== undefined && state.status !== 'running') {
      // Also after a failure: of two builds of one tag the slower one is refused by the immutable repository.
      if (await isThere()) return state.status === 'succeeded' ? 'built' : 'there';
      const what = state.status === 'succeeded' ? 'the build succeeded and pushed nothing' : state.problem;
      throw new Error(`${doing}: ${what}. The log: ${state.log}. Set it right and ${AGAIN}`);
    }
    if (ports.timeLeft() <= LOOK_EVERY_MS) {
      await stopped(id, ports, new Error(`${doing}: it took too long and was stopped. Then ${AGAIN}`));
    }
    await ports.wait(LOOK_EVERY_MS);
  }
}

/** Nobody waits for the build any more. */
async function stopped(id: string, { builds }: ImageBuildPorts, reason: unknown): Promise<never> {
  await builds.stop(id).catch(() => undefined);
  throw reason;
}

/** Again and again while the trouble is of the passing kind and there is time. */
async function patiently<T>(
  attempt: () => Promise<T>,
  doing: string,
  { timeLeft, wait }: ImageBuildPorts,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingTrouble)) throw error;
      if (timeLeft() <= LOOK_EVERY_MS) {
        throw new Error(
          `${doing}: AWS did not take the request in all the time there was (${error.message}). If builds are limited to very few at once, ask for a higher CodeBuild quota; ${AGAIN}`,
          { cause: error },
        );
      }
      await wait(LOOK_EVERY_MS);
    }
  }
}
