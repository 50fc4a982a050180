/** Every requested target ends in exactly one outcome: this gives one to those that have none; called by `settle`. */
import type * as z from 'zod';
import type { settle as contract } from '../../core/contracts/functions.ts';
import type { ReleaseEnvironment } from '../../core/contracts/release.ts';
import { outcomeWithout } from '../../core/deployment/verdict.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Ledger } from '../ports.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes } from '../shared/items.ts';
import { NEVER_OPENED } from '../shared/later-environments.ts';

type Input = Extract<z.output<typeof contract.input>, { scope: 'environment' }>;

/** `ended` says why a deployment was ended before its targets; without it, a target's flow must have been lost. */
export async function endLostTargets(
  { release, ended }: Input,
  environment: ReleaseEnvironment,
  ledger: Ledger,
): Promise<void> {
  const outcomes = await readOutcomes(ledger, release, environment.name);
  const open = environment.targets.filter(
    ({ entry }) => outcomes.get(entry.component)?.outcome === undefined,
  );
  await inParallel(open, async ({ entry: { component } }) => {
    const key = ledgerKeys.outcome(release.repository, release.id, {
      environment: environment.name,
      component,
    });
    const item = outcomes.get(component);
    const end: Pick<OutcomeItem, 'outcome' | 'reason' | 'progress'> = {
      progress: 'ended',
      outcome: ended ? outcomeWithout(ended.verdict, item?.progress) : 'failed',
      reason: ended?.reason ?? 'lost: its flow ended without an outcome',
    };
    if (item !== undefined) {
      const condition = { equals: { attempt: item.attempt }, missing: ['outcome'] };
      await ledger.update(key, { set: { ...end } }, condition);
      return;
    }
    const { name } = environment;
    const never: OutcomeItem = {
      environment: name,
      component,
      attempt: NEVER_OPENED,
      affected: 'changed',
      ...end,
    };
    await ledger.put(key, never, { absent: true });
  });
}
