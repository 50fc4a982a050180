/** Judges a finished plan against the policy and notes its facts; called by the per-target flow between plan and apply. */
import type * as z from 'zod';
import type { guard as contract, TargetRef } from '../../core/contracts/functions.ts';
import { jobResultSchema } from '../../core/contracts/job.ts';
import { judgePlan } from '../../core/deployment/policy.ts';
import { outputsKey, stageKey } from '../../core/keys.ts';
import type { Ledger, ObjectStore, StatusQueue } from '../ports.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { environmentIn, readDocument, readReleaseDocument, targetIn } from '../shared/documents.ts';
import { readTargetItem } from '../shared/items.ts';
import { noteProgress } from '../shared/outcome-item.ts';
import { addressOf } from '../shared/target-address.ts';

export interface GuardPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly status: StatusQueue;
}

/** @throws Error when the plan left no result, or the target was opened under another fence. */
export async function guard(input: TargetRef, ports: GuardPorts): Promise<z.input<typeof contract.output>> {
  const { release, environment, component } = input;
  const address = addressOf(input);
  const key = stageKey(address, 'plan', 'result.json');
  const plan = (await readDocument(ports.store, key, jobResultSchema))?.plan;
  if (plan === undefined) {
    throw new Error(
      `judging the plan of ${environment}/${component}: ${key} holds no plan, though its job succeeded; see the job's log.txt beside it`,
    );
  }
  const { changes, planDigest, changeDigest, dependencies } = plan;
  await noteProgress(ports.ledger, input, {
    progress: 'checking',
    changes,
    planDigest,
    changeDigest,
    dependencies,
  });
  await ports.status.changed(release);
  const cancelled = await cancellationOf(ports.ledger, input);
  if (cancelled !== undefined) return { decision: 'end', outcome: 'cancelled', reason: cancelled };

  const found = environmentIn(await readReleaseDocument(ports.store, release), environment);
  const { entry: target } = targetIn(found, component);
  const { live } = await readTargetItem(ports.ledger, address);
  // `record` notes the content of what was applied in full, whatever its test said; without it, an apply was cut off.
  const isCutOff = live?.state === 'dirty' && live.contentKey === undefined;
  const isConsumed = found.targets.some(({ entry }) =>
    Object.values(entry.inputs).some((source) => source.component === component),
  );
  const isUnrecorded =
    isCutOff ||
    (isConsumed && !(await ports.store.exists(outputsKey(release.repository, environment, component))));
  return judgePlan({ plan, target, isUnrecorded });
}
