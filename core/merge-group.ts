/** GitHub's merge_group payload made small: called by `webhook`; and which of its changes plan nothing: called by `resolve`. */
import * as z from 'zod';
import type { MergeGroup, MergeGroupChanged } from './contracts/merge-group.ts';
import { commitSchema } from './contracts/push.ts';
import { fieldProblems, repositoryOf, repositoryPayload } from './payload.ts';
import type { QuietEnd } from './push.ts';

const BRANCH = /^refs\/heads\/(.+)$/;

/** `refs/heads/gh-readonly-queue/main/pr-7-…`: GitHub documents the prefix; the rest is how it names such branches. */
const QUEUE_BRANCH = /^refs\/heads\/gh-readonly-queue\/.+\/pr-([1-9]\d*)-[0-9a-f]{40}$/;

/** The part of a merge_group payload we read. https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group */
const payloadSchema = z.object({
  action: z.string(),
  /** Of `destroyed`: `merged`, `invalidated` (one ahead has left the queue) or `dequeued`. */
  reason: z.string().optional(),
  merge_group: z.object({
    head_sha: commitSchema,
    head_ref: z.string(),
    base_sha: commitSchema,
    base_ref: z.string().regex(BRANCH, 'not the full ref of a branch'),
  }),
  repository: repositoryPayload,
  sender: z.object({ login: z.string() }).nullish(),
});

/** Shrinks a payload; `problem` names every field that is not as GitHub documents it, `ignored` an action that is none to Belay. */
export function mergeGroupChanged(
  delivery: string,
  payload: unknown,
): { changed: MergeGroupChanged } | { ignored: string } | { problem: string } {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { action, reason, merge_group: group, repository, sender } = parsed.data;
  if (action !== 'checks_requested' && action !== 'destroyed')
    return { ignored: `a merge group that was ${action} is as it was` };
  const [, number] = QUEUE_BRANCH.exec(group.head_ref) ?? [];
  const [, base = ''] = BRANCH.exec(group.base_ref) ?? [];
  return {
    changed: {
      delivery,
      repository: repositoryOf(repository),
      mergeGroup: {
        ...(number !== undefined && { number: Number(number) }),
        ...{ base, onto: group.base_sha, head: group.head_sha },
      },
      ...(action === 'destroyed' && { destroyed: reason ?? action }),
      sender: sender?.login ?? 'github',
    },
  };
}

/** Undefined when it is to be planned. The queue waits for a check of whatever it has not given up. */
export function unplannedGroup({
  destroyed,
  mergeGroup,
  repository,
}: MergeGroupChanged): QuietEnd | undefined {
  const { base } = mergeGroup;
  if (destroyed !== undefined)
    return { status: false, reason: `${describeGroup(mergeGroup)} was ${destroyed}` };
  if (base === repository.defaultBranch) return undefined;
  return {
    status: true,
    reason: `this merge queue is for ${base}: only those for ${repository.defaultBranch} are planned`,
  };
}

/** `the merge group of #7`. */
export const describeGroup = ({ number }: Pick<MergeGroup, 'number'>): string =>
  number === undefined ? 'a merge group' : `the merge group of #${number}`;
