/** Can what is asked of an environment be done, and to which targets? Used by `command`, and again by `resolve` and `open`. */
import type { LastGoodDocument } from '../../core/contracts/last-good.ts';
import type { OperationRequested } from '../../core/contracts/operation.ts';
import { chooseDestroyed } from '../../core/deployment/destroy.ts';
import { chooseRestored } from '../../core/deployment/restore.ts';
import type { Ledger, ObjectStore } from '../ports.ts';
import { readStandingTargets, type StandingTarget } from './standing-targets.ts';

/** What a release that brings no commit is asked for. */
export type Wish =
  | Pick<Extract<OperationRequested, { operation: 'destroy' }>, 'components' | 'environment' | 'operation'>
  | Pick<Extract<OperationRequested, { operation: 'restore' }>, 'environment' | 'operation'>;

export type Judged =
  | {
      /** What it changes. */
      readonly components: readonly string[];
      /** Of every target it is about: of a restore all that ever were good, because they say who needs whom. */
      readonly documents: readonly LastGoodDocument[];
      readonly deployed: readonly StandingTarget[];
    }
  | { readonly problem: string };

export async function judgeRequest(
  wish: Wish & { readonly repository: { readonly id: number } },
  ports: { readonly ledger: Ledger; readonly store: ObjectStore },
): Promise<Judged> {
  const { environment, repository } = wish;
  const deployed = await readStandingTargets({ repository: repository.id, environment }, ports);
  if (wish.operation === 'restore') {
    const choice = chooseRestored(
      environment,
      deployed.map(({ component, item, document }) => ({ component, entry: document?.entry, ...item })),
    );
    return 'problem' in choice ? choice : { ...choice, deployed, documents: documentsOf(deployed) };
  }
  const standing = deployed.map(({ component, document }) => ({ component, entry: document?.entry }));
  const choice = chooseDestroyed(environment, standing, wish.components);
  if ('problem' in choice) return choice;
  const going = deployed.filter(({ component }) => choice.components.includes(component));
  return { ...choice, deployed, documents: documentsOf(going) };
}

const documentsOf = (deployed: readonly StandingTarget[]) =>
  deployed.flatMap(({ document }) => document ?? []);
