/** One command of a comment, done: finds what is meant and hands it to the action that the command line has, too. Called by `comment`. */
import type { Order } from '../../core/commands/order.ts';
import type { Commented } from '../../core/contracts/conversation.ts';
import type { GitHubPeople, PullRequest } from '../github-ports.ts';
import { again } from './again.ts';
import type { Answer } from './answer.ts';
import { decideAll } from './asked-targets.ts';
import { type CancelPorts, cancel } from './cancel.ts';
import type { DecidePorts } from './decide.ts';
import { meantRelease } from './meant-release.ts';
import { type PlanPorts, plan } from './plan.ts';
import { type RedrivePorts, redrive } from './redrive.ts';
import { type RequestPorts, request } from './request.ts';
import { helpText, statusText } from './tell.ts';
import { type UnlockPorts, unlock } from './unlock.ts';

export type OrderPorts = DecidePorts &
  CancelPorts &
  RedrivePorts &
  RequestPorts &
  UnlockPorts &
  PlanPorts & { readonly github: GitHubPeople };

/** An answer, and whether its words are for whoever asked although all went well. */
export type Told = Answer & {
  readonly isNews?: boolean;
  /** Markdown already. */
  readonly markdown?: string;
};

/** `request`: by which a release that this starts is started once. */
export async function doOrder(
  order: Order,
  said: Commented & { readonly request: string },
  ports: OrderPorts,
): Promise<Told> {
  const { by, at } = said;
  const repository = said.repository.id;
  const starting = { ...ports, newRequestId: () => said.request };
  switch (order.verb) {
    case 'help':
      return { accepted: true, message: 'said what can be asked', markdown: helpText() };
    case 'destroy': {
      const { environment, component } = order;
      const components = component === undefined ? {} : { components: [component] };
      return news(await request({ action: 'destroy', repository, environment, by, ...components }, starting));
    }
    case 'rollback': {
      const { environment, to } = order;
      const full = to === undefined ? undefined : await ports.github.fullCommit(said.repository.fullName, to);
      if (to !== undefined && full === undefined)
        return refused(`there is no commit ${to} in ${said.repository.fullName}`);
      return news(await request({ action: 'rollback', repository, environment, by, to: full }, starting));
    }
  }
  const pull = await ports.github.pullRequest(said.repository.fullName, said.pull);
  if (order.verb === 'plan') {
    const answer = await plan({ ...said, commit: order.commit }, pull, ports);
    // Which head of a fork somebody has let run stays written down.
    return pull.fork ? news(answer) : answer;
  }
  const release = await meantRelease(repository, pull, ports.ledger);
  if (typeof release === 'string') return refused(whyNone(order, release, pull));
  const named = { repository, release: release.id, by };
  switch (order.verb) {
    case 'approve':
    case 'reject':
      return decideAll(release, order, { action: order.verb, by, seen: { at }, ports });
    case 'cancel':
      return cancel(named, ports);
    case 'redrive':
      return redrive({ ...named, older: order.older }, ports);
    case 'unlock':
      return unlock({ ...named, environment: order.environment, component: order.component }, ports);
    case 'status':
      return {
        accepted: true,
        message: 'said how far it is',
        markdown: await statusText(release, order, ports),
      };
    case 'apply':
      return pull.merged === undefined ? refused(NOT_MERGED) : again(order, { release, by }, starting);
  }
}

const NOT_MERGED = 'this pull request is not merged: what is on the default branch is deployed, so merge it';

const whyNone = ({ verb }: Order, problem: string, { merged }: PullRequest) =>
  verb === 'apply' && merged === undefined ? NOT_MERGED : problem;

const refused = (message: string): Told => ({ accepted: false, message });

/** What begins elsewhere is told where it was asked for. */
const news = (answer: Answer): Told => ({ ...answer, isNews: true });
