/** What people do on the page: each becomes the signed delivery that GitHub sends for it. Called by `page.ts`. */
import { comment, press, pressRun } from '../github/conversation.ts';
import type { DeliveryAnswer } from '../github/deliveries.ts';
import { pathOf } from './paths.ts';
import type { RepositoryVisit } from './views/view.ts';

/** Where to go then. */
export type Action = (visit: RepositoryVisit, name: string, form: Form) => Promise<string>;
type Form = Readonly<Record<string, string>>;

/** Something that could not be done; the message is one sentence for whoever tried. */
export class NotDone extends Error {
  override readonly name = 'NotDone';
}

/** A button of a check run, or its "Re-run". */
export const pressButton: Action = async (visit, id, { identifier, label = 'Re-run' }) => {
  const { github, repository, login } = visit;
  const pressed = { run: Number(id), identifier, by: login };
  taken(await pressRun(github.conversation, repository, pressed));
  return `${pathOf(repository, 'runs', id)}?${new URLSearchParams({ sent: label })}`;
};

/** "Re-run all checks" of a commit. */
export const rerunAll: Action = async ({ github, repository, login }, sha) => {
  taken(await press(github.conversation, repository, { sha, button: 'Re-run', by: login }));
  return pathOf(repository, 'commit', sha);
};

export const commentOnPull: Action = (visit, number, form) => say(visit, Number(number), form);

/** On the pull request that a commit came by. */
export const commentOnCommit: Action = (visit, sha, form) => say(visit, sha, form);

async function say({ github, repository, login }: RepositoryVisit, on: number | string, { body = '' }: Form) {
  if (body.trim() === '') throw new NotDone('Commenting: the comment is empty.');
  const said = await comment(github.conversation, repository, {
    on,
    by: login,
    body: body.replace(/\r\n/g, '\n'),
  });
  taken(said.answer);
  const { issue, id } = said.comment;
  return `${pathOf(repository, 'pull', String(issue))}#issuecomment-${id}`;
}

/** "Merge pull request". */
export const merge: Action = async ({ github, repository, login }, number) => {
  const pull = github.discussions.of(repository.id).find((one) => String(one.number) === number);
  if (pull?.state !== 'open') throw new NotDone(`Merging #${number}: it is not open any more.`);
  taken(await github.receiveMerge(repository, pull, login));
  return pathOf(repository, 'pull', number);
};

function taken({ status, body }: DeliveryAnswer): void {
  if (status < 200 || status > 299)
    throw new NotDone(`The webhook did not take it: ${status === 0 ? 'no answer in time' : status}: ${body}`);
}
