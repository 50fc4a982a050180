/** The merge queue of the twin's GitHub: makes the queue's commits with git, and merges or gives up by the rules of the branch. Used by `github.ts`. */
import * as z from 'zod';
import { completePayload } from './api/complete.ts';
import { payloadProblems, requestProblems } from './api/description.ts';
import type { App } from './app.ts';
import type { Checks } from './checks.ts';
import type { DeliveryAnswer } from './deliveries.ts';
import type { PullRequest } from './discussions.ts';
import { git } from './git.ts';
import { repositoryJson } from './payload.ts';
import type { PullPlace } from './pulls.ts';
import { type BranchUpdate, type LocalRepository, NO_COMMIT } from './repositories.ts';

export interface QueuePlace extends PullPlace {
  readonly checks: Checks;
  readonly app: App;
}

/** A pull request in the queue, with the commit that the queue has made of it. */
export interface QueuedGroup {
  readonly pull: PullRequest;
  readonly ref: string;
  readonly head: string;
  /** The branch's head, or the commit of the group ahead. */
  readonly onto: string;
}

/** What a ruleset says of a queue, as far as this GitHub goes by it. https://docs.github.com/en/rest/repos/rules */
const rulesetSchema = z.object({
  rules: z.array(
    z.object({
      type: z.string(),
      parameters: z
        .object({
          required_status_checks: z
            .array(z.object({ context: z.string(), integration_id: z.int().optional() }))
            .optional(),
        })
        .optional(),
    }),
  ),
});
type Required = { readonly context: string; readonly integration_id?: number | undefined };

/** https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks */
const GOOD = ['success', 'neutral', 'skipped'];

/** Commits as GitHub's queue makes them are GitHub's. */
const WHO = ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.com'];

/** Queues live as long as the twin does. */
export class MergeQueue {
  readonly #place: QueuePlace;
  readonly #pushed: (repository: LocalRepository, update: BranchUpdate) => Promise<unknown>;
  readonly #required = new Map<number, readonly Required[]>();
  readonly #groups = new Map<number, readonly QueuedGroup[]>();

  /** `pushed` delivers what happened to a branch. */
  constructor(
    place: QueuePlace,
    pushed: (repository: LocalRepository, update: BranchUpdate) => Promise<unknown>,
  ) {
    this.#place = place;
    this.#pushed = pushed;
  }

  /** Takes a ruleset for the default branch. @throws Error when GitHub would not. */
  protect(repository: LocalRepository, ruleset: object): void {
    const { owner, name: repo } = repository;
    const operation = 'POST /repos/{owner}/{repo}/rulesets';
    const problems = requestProblems({ operation, values: { owner, repo } }, new URLSearchParams(), ruleset);
    if (problems.length > 0) throw new Error(`making the ruleset: ${problems.join('; ')}`);
    const { rules } = rulesetSchema.parse(ruleset);
    if (!rules.some(({ type }) => type === 'merge_queue'))
      throw new Error('making the ruleset: it has no merge queue');
    this.#required.set(
      repository.id,
      rules.flatMap(({ parameters }) => parameters?.required_status_checks ?? []),
    );
  }

  /** Puts a pull request at the end of the queue. @throws Error when the rules do not let it in, or it does not merge. */
  async join(
    repository: LocalRepository,
    number: number,
  ): Promise<QueuedGroup & { readonly answer: DeliveryAnswer }> {
    const { repositories, discussions } = this.#place;
    const pull = discussions.of(repository.id).find((one) => one.number === number);
    if (pull?.state !== 'open') throw new Error(`queueing #${number}: there is no such open pull request`);
    const bare = repositories.bare(repository);
    const head = await git(bare, 'rev-parse', '--verify', `refs/heads/${pull.head}`);
    const state = this.#stateOf(repository, head);
    if (state !== 'passed') throw new Error(`queueing #${number}: its required checks have not passed`);
    const ahead = this.#in(repository).at(-1);
    const onto = ahead?.head ?? (await git(bare, 'rev-parse', '--verify', `refs/heads/${pull.base}`));
    const tree = await git(bare, 'merge-tree', '--write-tree', onto, head);
    const message = `Merge pull request #${number} from ${repository.owner}/${pull.head}`;
    const parents = ['-p', onto, '-p', head];
    const commit = await git(bare, ...WHO, 'commit-tree', tree, ...parents, '-m', message);
    const ref = `refs/heads/gh-readonly-queue/${pull.base}/pr-${number}-${onto}`;
    await git(bare, 'update-ref', ref, commit);
    const group = { pull, ref, head: commit, onto };
    this.#groups.set(repository.id, [...this.#in(repository), group]);
    await this.#pushed(repository, { ref, before: NO_COMMIT, after: commit });
    return { ...group, answer: await this.#deliver(repository, group, { action: 'checks_requested' }) };
  }

  /** Goes on as far as the checks allow: what has passed is merged, what has failed leaves, and what is behind it is made anew. */
  async advance(repository: LocalRepository): Promise<void> {
    for (;;) {
      const [first] = this.#in(repository);
      const state = first && this.#stateOf(repository, first.head);
      if (first === undefined || state === 'open') return;
      if (state === 'passed') await this.#merge(repository, first);
      else await this.leave(repository, first.pull.number);
    }
  }

  /** Somebody takes a pull request out of the queue. */
  async leave(repository: LocalRepository, number: number): Promise<void> {
    const groups = this.#in(repository);
    const at = groups.findIndex(({ pull }) => pull.number === number);
    if (at === -1) throw new Error(`#${number} is not in the queue`);
    const [gone, ...behind] = groups.slice(at);
    this.#groups.set(repository.id, groups.slice(0, at));
    if (gone !== undefined) await this.#destroy(repository, gone, 'dequeued');
    for (const group of behind) await this.#destroy(repository, group, 'invalidated');
    for (const { pull } of behind) await this.join(repository, pull.number);
  }

  async #merge(repository: LocalRepository, group: QueuedGroup): Promise<void> {
    const ref = `refs/heads/${group.pull.base}`;
    const bare = this.#place.repositories.bare(repository);
    const before = await git(bare, 'rev-parse', '--verify', ref);
    await git(bare, 'update-ref', ref, group.head, before);
    this.#groups.set(repository.id, this.#in(repository).slice(1));
    await this.#pushed(repository, { ref, before, after: group.head });
    await this.#destroy(repository, group, 'merged');
  }

  #in({ id }: LocalRepository): readonly QueuedGroup[] {
    return this.#groups.get(id) ?? [];
  }

  /** What the required checks of a commit come to. Without any, nothing is waited for. */
  #stateOf({ id }: LocalRepository, sha: string): 'passed' | 'failed' | 'open' {
    const { checks, app } = this.#place;
    const runs = checks.of({ repository: id, sha });
    const conclusions = (this.#required.get(id) ?? []).map(({ context, integration_id }) => {
      const isOurs = integration_id === undefined || integration_id === app.id;
      return isOurs ? runs.find(({ name }) => name === context)?.conclusion : undefined;
    });
    if (conclusions.some((one) => typeof one === 'string' && !GOOD.includes(one))) return 'failed';
    return conclusions.every((one) => typeof one === 'string') ? 'passed' : 'open';
  }

  async #destroy(repository: LocalRepository, group: QueuedGroup, reason: string): Promise<void> {
    await this.#place.repositories.remove(repository, group.ref);
    await this.#pushed(repository, { ref: group.ref, before: group.head, after: NO_COMMIT });
    await this.#deliver(repository, group, { action: 'destroyed', reason });
  }

  /** https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group */
  async #deliver(
    repository: LocalRepository,
    { pull, ref, head, onto }: QueuedGroup,
    { action, ...more }: { readonly action: string; readonly reason?: string },
  ): Promise<DeliveryAnswer> {
    const { url, repositories, deliveries } = this.#place;
    const format = '--format=%T%x00%cI%x00%an%x00%ae%x00%s';
    const shown = await git(repositories.bare(repository), 'log', '-1', format, head);
    const [tree_id, timestamp, name, email, message] = shown.split('\0');
    const html = `${url}/${repository.owner}/${repository.name}`;
    const payload = completePayload('merge_group', action, {
      ...more,
      merge_group: {
        ...{ head_sha: head, head_ref: ref, base_sha: onto, base_ref: `refs/heads/${pull.base}` },
        head_commit: {
          ...{ id: head, tree_id, message, timestamp },
          ...{ author: { name, email }, committer: { name, email } },
        },
      },
      // In a push's payload alone it is a number.
      repository: { ...repositoryJson(repository, html), pushed_at: timestamp },
      sender: { login: pull.user, type: 'User' },
    });
    const problems = payloadProblems('merge_group', action, payload);
    if (problems.length > 0) throw new Error(`delivering merge_group ${action}: ${problems.join('; ')}`);
    return deliveries.send('merge_group', payload, { repository: repository.id });
  }
}
