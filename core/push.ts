/** GitHub's push payload made small: called by `webhook`; and which pushes end quietly: called by `resolve`. */
import * as z from 'zod';
import { commitSchema, type PushReceived } from './contracts/push.ts';
import { fieldProblems, repositoryOf, repositoryPayload } from './payload.ts';

/** Asks Belay to leave a commit alone when it stands in the head commit's message. */
export const SKIP_MARK = '[skip belay]';

const NO_COMMIT = '0'.repeat(40);

/** The part of a push payload we read. https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const payloadSchema = z.object({
  ref: z.string().min(1),
  before: commitSchema,
  after: commitSchema,
  forced: z.boolean(),
  repository: repositoryPayload,
  /** Null when a ref is deleted. */
  head_commit: z.object({ message: z.string() }).nullish(),
  /** Absent for some pushes made with a deploy key; `pusher` is always there. */
  sender: z.object({ login: z.string() }).nullish(),
  pusher: z.object({ name: z.string() }),
});

/** Shrinks a payload; `problem` names every field that is not as GitHub documents it. Tags and deletions are passed on. */
export function pushReceived(
  delivery: string,
  payload: unknown,
): { push: PushReceived } | { problem: string } {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { ref, before, after, forced, repository, head_commit, sender, pusher } = parsed.data;
  return {
    push: {
      delivery,
      repository: repositoryOf(repository),
      ref,
      before,
      after,
      forced,
      skip: head_commit?.message.includes(SKIP_MARK) ?? false,
      sender: sender?.login ?? pusher.name,
    },
  };
}

/** A push that deploys nothing, and whether its commit gets a status that says so. */
export interface QuietEnd {
  readonly reason: string;
  /** False where no commit is left, and where the status would hide that of the same commit on the default branch. */
  readonly status: boolean;
  /** @default nothing-to-do */
  readonly verdict?: 'waiting';
}

/** Undefined for a push to the default branch that asks for a deployment. */
export function quietEnd(push: PushReceived): QuietEnd | undefined {
  const { ref, repository } = push;
  if (push.after === NO_COMMIT) return { reason: `${shortRef(ref)} was deleted`, status: false };
  if (!ref.startsWith('refs/heads/'))
    return { reason: `${shortRef(ref)} is not a branch: only the default branch is deployed`, status: false };
  if (branchOf(push) !== repository.defaultBranch) {
    return {
      reason: `${shortRef(ref)} is not the default branch (${repository.defaultBranch})`,
      status: false,
    };
  }
  if (push.skip) return { reason: `the commit's message contains ${SKIP_MARK}`, status: true };
  return undefined;
}

/** The name of the branch that was pushed. */
export const branchOf = (push: PushReceived) => push.ref.replace(/^refs\/heads\//, '');

const shortRef = (ref: string) => ref.replace(/^refs\/heads\//, 'branch ').replace(/^refs\/tags\//, 'tag ');
