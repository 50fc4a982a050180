/** A comment with commands: who wrote it is asked of GitHub, its commands are done in their order, and it is answered once. */
import { cutTo, plain } from '../../core/checks/markdown.ts';
import { type Order, TELLING, written } from '../../core/commands/order.ts';
import type { Commented } from '../../core/contracts/conversation.ts';
import type { Reply } from '../../core/ledger/conversation-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { AnswerQueue } from '../ports.ts';
import type { Answer } from './answer.ts';
import { type ClaimPorts, claim, finish } from './claim.ts';
import { doOrder, type OrderPorts, type Told } from './orders.ts';

export type CommentPorts = OrderPorts & ClaimPorts & { readonly answers: AnswerQueue };

/** GitHub takes 65,536 characters. Bytes. */
const MAX_REPLY = 60_000;

/** By the comment, not by the delivery: an App and a webhook of the repository may both tell of it. */
export async function comment(said: Commented, ports: CommentPorts): Promise<Answer> {
  const { repository, pull, comment: id, at } = said;
  const key = ledgerKeys.comment(repository.id, id);
  const told = { repository: repository.id, pull, comment: id };
  const claimed = await claim(key, { fullName: repository.fullName, pull, at }, ports);
  if (claimed === 'busy') return { accepted: false, message: `comment ${id} is being answered already` };
  await ports.answers.answered(told);
  if (claimed === 'done') return { accepted: false, message: `comment ${id} is answered already` };
  const answer = await answerTo(said, ports);
  await finish(key, { answer }, ports);
  await ports.answers.answered(told);
  return { accepted: answer.reaction === '+1', message: answer.text ?? 'done' };
}

async function answerTo(said: Commented, ports: CommentPorts): Promise<Reply> {
  const { by, repository, orders, problems } = said;
  const permission = await ports.github.permission(repository.fullName, by);
  // Who may not even read gets no words: they cost, and tell.
  if (permission === 'none') return { reaction: '-1' };
  if (problems.length > 0)
    return { reaction: '-1', text: problems.map((problem) => `- ${problem}`).join('\n') };
  const parts: string[] = [];
  for (const [index, order] of orders.entries()) {
    const request = `comment-${repository.id}-${said.comment}-${index + 1}`;
    const may = permission === 'write' || TELLING.includes(order.verb);
    const told: Told = may
      ? await doOrder(order, { ...said, request }, ports)
      : { accepted: false, message: `${by} may only read ${repository.fullName}: this needs write access` };
    if (told.markdown !== undefined) parts.push(told.markdown);
    else if (!told.accepted || told.isNews) parts.push(`- \`${written(order)}\`: ${plain(told.message)}`);
    if (told.accepted) continue;
    const left = orders.slice(index + 1);
    if (left.length > 0) parts.push(`- not done after that: ${namesOf(left)}`);
    return { reaction: '-1', text: textOf(parts) };
  }
  return { reaction: '+1', ...(parts.length > 0 && { text: textOf(parts) }) };
}

const namesOf = (orders: readonly Order[]) => orders.map((order) => `\`${written(order)}\``).join(', ');

const textOf = (parts: readonly string[]) =>
  cutTo(parts, MAX_REPLY, () => '\n_…and more than a comment holds_');
