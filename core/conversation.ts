/** GitHub's payloads of comments, buttons and re-runs made small, and which of them nobody answers: called by `webhook`. */
import * as z from 'zod';
import { parseComment } from './commands/parse.ts';
import { type Conversation, conversationSchema } from './contracts/conversation.ts';
import { commitSchema } from './contracts/push.ts';
import { fieldProblems, repositoryOf, repositoryPayload } from './payload.ts';

/** `ignored` and `problem` are sentences for the log and for GitHub's list of deliveries. */
export type Heard =
  | { readonly heard: Conversation }
  | { readonly ignored: string }
  | { readonly problem: string };

/** Events this is about: https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const CONVERSATIONS = ['issue_comment', 'check_run', 'check_suite'] as const;

const person = z.object({ login: z.string().min(1), type: z.string() });
const always = { action: z.string(), repository: repositoryPayload, sender: person };

const commentPayload = z.object({
  ...always,
  issue: z.object({ number: z.int().positive(), pull_request: z.object({}).loose().nullish() }),
  comment: z.object({
    id: z.int().positive(),
    body: z.string().nullish(),
    created_at: z.iso.datetime({ offset: true }),
    user: person,
  }),
});
const runPayload = z.object({
  ...always,
  check_run: z.object({ external_id: z.string().nullish(), head_sha: commitSchema }),
  requested_action: z.object({ identifier: z.string() }).nullish(),
});
const suitePayload = z.object({ ...always, check_suite: z.object({ head_sha: commitSchema }) });

/** Only people count, and only what they do for the first time: edits and deletions never. */
export function heardIn(event: (typeof CONVERSATIONS)[number], delivery: string, payload: unknown): Heard {
  const reader = { issue_comment: inComment, check_run: inRun, check_suite: inSuite }[event];
  return reader(delivery, payload);
}

function inComment(delivery: string, payload: unknown): Heard {
  const parsed = commentPayload.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { action, issue, comment, sender } = parsed.data;
  if (action !== 'created') return ignored(`a comment that was ${action} is not read again`);
  const bot = [sender, comment.user].find(({ type }) => type !== 'User');
  if (bot !== undefined) return notAPerson(bot);
  const read = parseComment(comment.body ?? '');
  if (read.kind === 'nothing') return ignored('the comment has no command');
  if (!issue.pull_request) return ignored('commands are taken on pull requests only');
  return heard({
    action: 'comment',
    ...saidIn(delivery, parsed.data),
    pull: issue.number,
    comment: comment.id,
    at: new Date(comment.created_at).toISOString(),
    orders: read.kind === 'orders' ? [...read.orders] : [],
    problems: read.kind === 'problems' ? [...read.problems] : [],
  });
}

function inRun(delivery: string, payload: unknown): Heard {
  const parsed = runPayload.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { action, check_run, requested_action, sender } = parsed.data;
  const isPress = action === 'requested_action';
  if (!isPress && action !== 'rerequested') return ignored(`a check run that was ${action} asks for nothing`);
  if (sender.type !== 'User') return notAPerson(sender);
  const on = {
    ...saidIn(delivery, parsed.data),
    commit: check_run.head_sha,
    check: check_run.external_id ?? '',
  };
  if (!isPress) return heard({ action: 're-run', ...on });
  if (!requested_action) return { problem: 'requested_action: is missing' };
  return heard({ action: 'press', ...on, button: requested_action.identifier });
}

function inSuite(delivery: string, payload: unknown): Heard {
  const parsed = suitePayload.safeParse(payload);
  if (!parsed.success) return { problem: fieldProblems(parsed.error) };
  const { action, check_suite, sender } = parsed.data;
  if (action !== 'rerequested') return ignored(`a check suite that was ${action} asks for nothing`);
  if (sender.type !== 'User') return notAPerson(sender);
  return heard({ action: 're-run', ...saidIn(delivery, parsed.data), commit: check_suite.head_sha });
}

const saidIn = (
  delivery: string,
  { repository, sender }: { repository: z.output<typeof repositoryPayload>; sender: { login: string } },
) => ({ delivery, repository: repositoryOf(repository), by: sender.login });

const heard = (said: z.input<typeof conversationSchema>): Heard => ({
  heard: conversationSchema.parse(said),
});
const ignored = (why: string): Heard => ({ ignored: why });
const notAPerson = ({ login, type }: z.output<typeof person>) =>
  ignored(`${login} is no person but a ${type}: only people are listened to`);
