/** A ledger with one release, a GitHub that takes only what GitHub describes, and the status queue's pace; used by the tests beside it. */
import type { CheckRun } from '../../../core/checks/check-run.ts';
import { type Announcement, announcementSchema } from '../../../core/contracts/announcement.ts';
import { gitStatus as contract } from '../../../core/contracts/functions.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { DeploymentItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import type { Measurement } from '../../../core/metrics/emf.ts';
import { gitStatus } from '../../../lambdas/git-status/git-status.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import type { AuditWriter, PullCommentWriter } from '../../../lambdas/github-ports.ts';
import { requestProblems } from '../../../local/github/api/description.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';
import { NOBODY_COMMENTS } from '../../support/nobody-comments.ts';
import { objectsMemory } from '../../support/objects-memory.ts';
import { segmentsMemory } from '../../support/segments-memory.ts';

export const COMMIT = 'c0ffee1234567890abcdef1234567890abcdef12';
export const ID = '20261121-c0ffee1-1';
export const START = Date.parse('2026-11-21T08:00:00.000Z');

export const releaseItem = (change: Partial<ReleaseItem> = {}): ReleaseItem => ({
  id: ID,
  repository: { id: 1, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: COMMIT,
  branch: 'main',
  sender: 'mira-lind',
  execution: 'arn:1',
  environments: ['dev'],
  reason: 'deploying to dev',
  startedAt: '2026-11-21T08:00:00.000Z',
  ...change,
});

export const deploymentItem = (change: Partial<DeploymentItem> = {}): DeploymentItem => ({
  environment: 'dev',
  execution: 'arn:2',
  progress: 'deploying',
  reason: '',
  ...change,
});

export const outcome = (component: string, change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  environment: 'dev',
  component,
  attempt: 1,
  affected: 'changed',
  progress: change.outcome === undefined ? 'planning' : 'ended',
  reason: '',
  ...change,
});

interface Message {
  readonly id: string;
  readonly release?: string;
  visibleAt: number;
  tries: number;
}

export interface ShownRun extends CheckRun {
  readonly id: number;
  readonly annotations: number;
}

/** `mode`: what the GitHub secret holds; `audit`: what there is of one. */
export async function statusWorld(mode: 'app' | 'token' = 'app', writesPerHour = 450, audit?: AuditWriter) {
  const ledger = ledgerMemory();
  const store = objectsMemory();
  const lines: string[] = [];
  const announced: Announcement[] = [];
  const measured: Measurement[] = [];
  /** What a test has the bus do. */
  const bus = { fails: false };
  const clock = { now: START };
  /** What a test has GitHub do otherwise. */
  const over: Partial<PullCommentWriter> = {};
  const github = {
    mode,
    over,
    /** Every call, in order: when, and what it set. */
    calls: [] as { at: number; line: string }[],
    runs: [] as ShownRun[],
    statuses: new Map<string, string>(),
    /** Id → text. */
    comments: new Map<number, string>(),
    fails: (): Error | undefined => undefined,
  };
  const called = (line: string) => {
    const failure = github.fails();
    if (failure !== undefined) throw failure;
    github.calls.push({ at: clock.now, line });
  };
  const checked = (operation: string, values: Record<string, string>, body: object) => {
    const sent = JSON.parse(JSON.stringify(body));
    const all = { operation, values: { owner: 'acme', repo: 'shop', ...values } };
    const problems = requestProblems(all, new URLSearchParams(), sent);
    if (problems.length > 0) throw new Error(`${operation}: ${problems.join('; ')}`);
  };
  const lineOf = ({ name, status, conclusion, output }: CheckRun) =>
    `${name} ${conclusion ?? status}: ${output.title}`;
  const writer = {
    ...NOBODY_COMMENTS,
    mode: async () => github.mode,
    async createStatus(
      _: string,
      commit: string,
      status: { context: string; state: string; description: string },
    ) {
      checked('POST /repos/{owner}/{repo}/statuses/{sha}', { sha: commit }, status);
      called(`${status.context} ${status.state}: ${status.description}`);
      github.statuses.set(status.context, `${status.state}: ${status.description}`);
    },
    async createCheckRun(_: string, commit: string, check: CheckRun) {
      checked('POST /repos/{owner}/{repo}/check-runs', {}, { ...check, head_sha: commit });
      called(lineOf(check));
      const id = github.runs.length + 1;
      github.runs.push({ ...check, id, annotations: check.output.annotations?.length ?? 0 });
      return id;
    },
    async updateCheckRun(_: string, id: number, check: CheckRun) {
      checked('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { check_run_id: String(id) }, check);
      called(lineOf(check));
      const before = github.runs[id - 1];
      if (before?.status === 'completed' && check.status !== 'completed')
        throw new Error(`run ${id} has completed`);
      const annotations = (before?.annotations ?? 0) + (check.output.annotations?.length ?? 0);
      github.runs[id - 1] = { ...check, id, annotations };
    },
  };
  const comments = {
    async createComment(_: string, pull: number, body: string) {
      const operation = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
      checked(operation, { issue_number: String(pull) }, { body });
      called(`comment on #${pull}`);
      const id = github.comments.size + 1;
      github.comments.set(id, body);
      return id;
    },
    async updateComment(_: string, id: number, body: string) {
      const operation = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}';
      checked(operation, { comment_id: String(id) }, { body });
      called(`change of comment ${id}`);
      if (!github.comments.has(id)) throw new GitHubError(404, 'changing the comment: Not Found');
      github.comments.set(id, body);
    },
    findComment: async (_: string, __: number, { words }: { readonly words: string }) =>
      [...github.comments].find(([, body]) => body.includes(words))?.[0],
  };
  const queue: Message[] = [];
  const handler = contract.handle((batch) =>
    gitStatus(batch, {
      audit,
      ledger,
      store,
      bucket: 'artifacts',
      github: { ...writer, ...comments, ...over },
      clock: { now: () => new Date(clock.now) },
      writesPerHour,
      segments: segmentsMemory(),
      messages: {
        async delay(receipt, seconds) {
          const message = queue.find(({ id }) => id === receipt);
          if (message !== undefined) message.visibleAt = clock.now + seconds * 1000;
        },
      },
      bus: {
        async publish({ detail }) {
          if (bus.fails) throw new Error('the bus takes nothing');
          announced.push(announcementSchema.parse(detail));
        },
      },
      measure: (one) => void measured.push(one),
      githubUrl: 'https://github.com',
      log: (event, facts) => void lines.push(JSON.stringify({ event, ...facts })),
    }),
  );

  /** One batch, if the queue has one: a FIFO queue keeps a group back behind its first message. `only`: of a group of its own. */
  async function poll(only?: Message): Promise<boolean> {
    const [first] = queue;
    if (only === undefined && (first === undefined || first.visibleAt > clock.now)) return false;
    const batch = only === undefined ? queue.slice(0, 10) : [only];
    for (const message of batch) message.tries += 1;
    const { batchItemFailures } = await handler({
      Records: batch.map(({ id, release = ID, tries }) => ({
        messageId: id,
        receiptHandle: id,
        body: JSON.stringify({ release: { id: release, repository: 1, commit: COMMIT } }),
        attributes: { ApproximateReceiveCount: String(tries) },
      })),
    });
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    for (const message of batch) if (!failed.includes(message.id)) queue.splice(queue.indexOf(message), 1);
    return true;
  }

  let sent = 0;
  const world = {
    ledger,
    store,
    lines,
    announced,
    measured,
    bus,
    clock,
    github,
    queue,
    put: (item: OutcomeItem) => ledger.put(ledgerKeys.outcome(1, ID, item), item),
    release: (change: Partial<ReleaseItem>) => ledger.put(ledgerKeys.release(1, ID), releaseItem(change)),
    deployment: (change: Partial<DeploymentItem>) =>
      ledger.put(ledgerKeys.deployment(1, ID, change.environment ?? 'dev'), deploymentItem(change)),
    /** Something changed: a message, and what the function does at once. */
    async changed(release = ID) {
      sent += 1;
      queue.push({ id: `message-${sent}`, release, visibleAt: clock.now, tries: 0 });
      while (await poll());
    },
    /** Lets time go by, second by second. */
    async wait(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        clock.now += 1000;
        while (await poll());
      }
    },
    comments,
    poll,
    told: () => github.calls.map(({ line }) => line),
  };
  await world.release({});
  await ledger.put(ledgerKeys.commit(1, COMMIT), { release: ID });
  await world.deployment({});
  return world;
}
