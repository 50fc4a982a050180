/** `apply`: what a pull request was merged as is deployed after all. Called by `orders`. */
import type { Order } from '../../core/commands/order.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { Answer } from './answer.ts';
import { type RedrivePorts, redrive } from './redrive.ts';
import { type RequestPorts, request } from './request.ts';

type Apply = Extract<Order, { verb: 'apply' }>;

/**
 * A release that failed goes on from there. One that has come to its end stays as it is: with `older` a release of its own brings its
 * commit again, as a rollback to it does.
 */
export async function again(
  { environment, older }: Apply,
  { release, by }: { readonly release: ReleaseItem; readonly by: string },
  ports: RedrivePorts & RequestPorts,
): Promise<Answer> {
  const { id, commit, environments, verdict = 'running' } = release;
  const repository = release.repository.id;
  const { problem, status } = await ports.redrives.look(release.execution);
  if (status === 'RUNNING') return refused(`release ${id} is under way`);
  if (problem === undefined) {
    if (environment === undefined) return redrive({ repository, release: id, by, older }, ports);
    return refused(`release ${id} goes on in all its environments: write it without ${environment}`);
  }
  if (!older) {
    return refused(
      `release ${id} has ended already: ${verdict}; \`/belay apply --older\` deploys ${commit.slice(0, 7)} though a newer commit came since`,
    );
  }
  const [only, ...others] = environments;
  const chosen = environment ?? (others.length === 0 ? only : undefined);
  if (chosen === undefined)
    return refused(`say where: ${environments.join(' or ') || 'name an environment'}`);
  return request({ action: 'rollback', repository, environment: chosen, to: commit, by }, ports);
}

const refused = (message: string): Answer => ({ accepted: false, message });
