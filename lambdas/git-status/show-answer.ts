/** Brings the answer to a comment to GitHub: a reaction, and one reply where there is something to say. Called by `git-status`. */
import { type CommentItem, commentItemSchema } from '../../core/ledger/conversation-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { CommentWriter } from '../github-ports.ts';
import type { Log } from '../ports.ts';
import { isFinal } from './final.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowAnswerPorts extends SpendingPorts {
  readonly github: CommentWriter;
  readonly log: Log;
}

interface Comment {
  readonly repository: number;
  readonly pull: number;
  readonly comment: number;
}

/**
 * Messages of one pull request come one after another, so nobody else answers this comment meanwhile. All of it leaves half of the
 * budget to what releases have to say: anybody who may read a repository may make us answer.
 */
export async function showAnswer(to: Comment, ports: ShowAnswerPorts): Promise<void> {
  const found = await ports.ledger.get(ledgerKeys.comment(to.repository, to.comment));
  if (found === undefined) return;
  const item = commentItemSchema.parse(found);
  try {
    await react(to, item, ports);
    await reply(to, item, ports);
  } catch (error) {
    if (!isFinal(error)) throw error;
    ports.log('answer dropped', { ...to, error: error.message });
  }
}

async function react(to: Comment, { fullName, answer, reacted }: CommentItem, ports: ShowAnswerPorts) {
  const reaction = answer?.reaction ?? 'eyes';
  if (reacted === reaction) return;
  const write = () => ports.github.react(fullName, to.comment, reaction);
  await spending(fullName, 'progress', { write, ports });
  await ports.ledger.update(ledgerKeys.comment(to.repository, to.comment), { set: { reacted: reaction } });
}

async function reply(to: Comment, item: CommentItem, ports: ShowAnswerPorts): Promise<void> {
  const { fullName, answer, at } = item;
  if (answer?.text === undefined || item.reply !== undefined) return;
  const key = ledgerKeys.comment(to.repository, to.comment);
  // Not shown by GitHub; by it a reply is found that was written when nobody came to note it.
  const mark = `<!-- belay answers ${to.comment} -->`;
  const before = item.replying
    ? await ports.github.findComment(fullName, to.pull, { since: at, words: mark })
    : undefined;
  const write = async () => {
    await ports.ledger.update(key, { set: { replying: true } });
    return ports.github.createComment(fullName, to.pull, `${answer.text}\n\n${mark}`);
  };
  const reply = before ?? (await spending(fullName, 'progress', { write, ports }));
  await ports.ledger.update(key, { set: { reply } });
}
