/** Buttons of our check runs, and "Re-run": what came to nothing is said on the check. */
import { type CheckSubject, readCheckId } from '../../core/checks/check-id.ts';
import type { Pressed, Rerun } from '../../core/contracts/conversation.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { GitHubPeople } from '../github-ports.ts';
import { type Answer, findRelease } from './answer.ts';
import { decideAll } from './asked-targets.ts';
import { type CancelPorts, cancel } from './cancel.ts';
import { type ClaimPorts, claim, finish } from './claim.ts';
import type { DecidePorts } from './decide.ts';
import { newestOf } from './meant-release.ts';
import { beginPlan, type PlanPorts } from './plan.ts';
import { type RedrivePorts, redrive } from './redrive.ts';

export type PressPorts = DecidePorts &
  CancelPorts &
  RedrivePorts &
  ClaimPorts &
  PlanPorts & { readonly github: GitHubPeople };

/** A release and the place in it that a check is about. */
interface Subject extends CheckSubject {
  readonly of: ReleaseItem;
}

export async function press(said: Pressed, ports: PressPorts): Promise<Answer> {
  return once(said, said.check, { ports, act: (subject) => doButton(said, subject, ports) });
}

/** What failed goes on, a pull request is planned once more; the rest is told that there is nothing to run again. */
export async function rerun(said: Rerun, ports: PressPorts): Promise<Answer> {
  const newest =
    said.check === undefined ? await newestOf(said.repository.id, said.commit, ports.ledger) : undefined;
  const check = said.check ?? newest?.id ?? '';
  return once(said, check, { ports, act: ({ of }) => goOn(of, said, ports) });
}

async function once(
  said: Pressed | Rerun,
  check: string,
  { ports, act }: { readonly ports: PressPorts; readonly act: (subject: Subject) => Promise<Answer> },
): Promise<Answer> {
  const key = ledgerKeys.delivery(said.delivery);
  if ((await claim(key, { guid: said.delivery }, ports)) !== 'mine')
    return refused(`delivery ${said.delivery} is served already`);
  const subject = await subjectOf(said, check, ports);
  const answer =
    subject === undefined
      ? refused(`${check || 'the check'} is about no release of ${said.commit.slice(0, 7)}`)
      : await answerTo(said, subject, { ports, act });
  await finish(key, { answer: answer.message }, ports);
  return answer;
}

/** What comes back from GitHub must name a release of this repository and of the commit that the check stands at. */
async function subjectOf(
  { repository, commit }: Pressed | Rerun,
  check: string,
  { ledger }: PressPorts,
): Promise<Subject | undefined> {
  const read = readCheckId(check);
  if (read === undefined) return undefined;
  const of = await findRelease({ repository: repository.id, release: read.release }, ledger);
  return of?.commit === commit ? { ...read, of } : undefined;
}

async function answerTo(
  { by, repository }: Pressed | Rerun,
  subject: Subject,
  { ports, act }: { readonly ports: PressPorts; readonly act: (subject: Subject) => Promise<Answer> },
): Promise<Answer> {
  const may = (await ports.github.permission(repository.fullName, by)) === 'write';
  const answer = may ? await act(subject) : refused(`${by} has no write access to ${repository.fullName}`);
  await notice(subject, answer.accepted ? undefined : `nothing was done for ${by}: ${answer.message}`, ports);
  return answer;
}

async function doButton({ by, button }: Pressed, subject: Subject, ports: PressPorts): Promise<Answer> {
  const { of, ...place } = subject;
  const [, action, digest] = /^(approve|reject):([0-9a-f]{12})$/.exec(button) ?? [];
  if ((action === 'approve' || action === 'reject') && digest !== undefined)
    return decideAll(of, place, { action, by, seen: { digest }, ports });
  const named = { repository: of.repository.id, release: of.id, by };
  if (button === 'cancel') return cancel(named, ports);
  if (button === 'redrive') return redrive({ ...named, older: false }, ports);
  return refused('this check has no such button');
}

async function goOn(of: ReleaseItem, said: Rerun, ports: PressPorts): Promise<Answer> {
  const { verdict, pull, mergeGroup } = of;
  const { by } = said;
  if (pull !== undefined && verdict !== undefined) {
    if (pull.fork)
      return refused(
        `what comes from a fork is planned when somebody comments /belay plan ${of.commit.slice(0, 7)}`,
      );
    // Every check of a release may be run again at once: that is one wish.
    const request = `re-run-${of.repository.id}-${of.id}`;
    return beginPlan({ request, repository: said.repository, by, pull }, ports);
  }
  if (mergeGroup !== undefined)
    return refused('a merge group is planned when it is queued: queue the pull request again');
  if (verdict === 'failed' || verdict === 'cancelled')
    return redrive({ repository: of.repository.id, release: of.id, by, older: false }, ports);
  return refused(
    verdict === undefined
      ? `release ${of.id} is under way`
      : `release ${of.id} ended as ${verdict}: only what failed is run again; push to deploy something else`,
  );
}

/** Shown on the check until something else is said there, or a press does something. */
async function notice(
  { of, environment, component }: Subject,
  text: string | undefined,
  { ledger, status }: PressPorts,
): Promise<void> {
  if (text === undefined && of.notice === undefined) return;
  const on = [environment, component].filter((name) => name !== undefined).join('/');
  const key = ledgerKeys.release(of.repository.id, of.id);
  const change = text === undefined ? { remove: ['notice'] } : { set: { notice: { on, text } } };
  await ledger.update(key, change, { present: true });
  await status.changed({ id: of.id, repository: of.repository.id, commit: of.commit });
}

const refused = (message: string): Answer => ({ accepted: false, message });
