/** GitHub's pull_request payload made small: called by `webhook`; and which changes of one start no plan: called by `resolve`. */
import * as z from 'zod';
import type { PullRequestChanged } from './contracts/pull.ts';
import { commitSchema } from './contracts/push.ts';
import { fieldProblems, repositoryOf, repositoryPayload } from './payload.ts';
import type { QuietEnd } from './push.ts';

const ACTIONS = ['opened', 'synchronize', 'reopened', 'ready_for_review', 'edited', 'closed'];

/** The part of a pull_request payload we read. https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request */
const payloadSchema = z.object({
  action: z.string(),
  /** Of `edited`: what was changed, with its former value. */
  changes: z.object({ base: z.unknown().optional() }).optional(),
  number: z.int().positive(),
  pull_request: z.object({
    draft: z.boolean().default(false),
    merged: z.boolean().default(false),
    merge_commit_sha: commitSchema.nullish(),
    updated_at: z.iso.datetime(),
    /** `repo` is null when the fork was deleted. */
    head: z.object({ sha: commitSchema, repo: z.object({ id: z.int() }).nullable() }),
    base: z.object({ ref: z.string().min(1) }),
  }),
  repository: repositoryPayload,
  sender: z.object({ login: z.string() }),
});

/**
 * Shrinks a payload; `problem` names every field that is not as GitHub documents it, `ignored` says why a change is none to Belay
 * (a label, a title).
 */
export function pullRequestChanged(
  delivery: string,
  payload: unknown,
): { changed: PullRequestChanged } | { ignored: string } | { problem: string } {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { action, changes, number, pull_request: pull, repository, sender } = parsed.data;
  const isOther = action === 'edited' && changes?.base === undefined;
  if (!ACTIONS.includes(action) || isOther)
    return { ignored: `a pull request that was ${action} is as it was` };
  const { draft, head, base, merged, merge_commit_sha: commit, updated_at: at } = pull;
  const became = merged && commit ? { commit } : {};
  return {
    changed: {
      delivery,
      repository: repositoryOf(repository),
      pull: { number, head: head.sha, base: base.ref, fork: head.repo?.id !== repository.id, draft },
      at,
      ...(action === 'closed' && { closed: became }),
      sender: sender.login,
    },
  };
}

/** What whoever deploys Belay has decided. */
export interface PullSettings {
  /** A draft is planned like any other. */
  readonly planDrafts: boolean;
}

/** Undefined when it is to be planned. One that only waits to be planned is shown as waiting: that lets nothing be merged. */
export function unplanned(
  { closed, pull, repository }: PullRequestChanged,
  { planDrafts }: PullSettings,
): QuietEnd | undefined {
  const { number, base, draft, fork, head } = pull;
  if (closed !== undefined) {
    const how = closed.commit === undefined ? 'closed' : 'merged';
    return { status: false, reason: `pull request ${number} was ${how}` };
  }
  if (base !== repository.defaultBranch) {
    const reason = `pull request ${number} is for ${base}: only those for ${repository.defaultBranch} are planned`;
    return { status: false, reason };
  }
  const waiting = (reason: string): QuietEnd => ({ status: true, verdict: 'waiting', reason });
  if (fork) {
    const sha = head.slice(0, 7);
    return waiting(
      `from a fork: nothing of it runs until a maintainer has read it and comments /belay plan ${sha}`,
    );
  }
  if (draft && !planDrafts)
    return waiting('a draft is planned when it is ready, or when somebody comments /belay plan');
  return undefined;
}
