/** Opens the verifying pass, needs first, and ends what a pass has lost; called by `rollback` after the passes back. */
import { type LastGoodDocument, lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import { orderOf } from '../../core/deployment/rollback.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { Pass } from '../../core/words.ts';
import { environmentIn, readDocument, readReleaseDocument } from '../shared/documents.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readOutcomes } from '../shared/items.ts';
import { type OpenedPass, openPass, type PassTarget } from '../shared/open-pass.ts';
import type { RollbackInput, RollbackPorts } from './rollback.ts';

/** Undefined when nothing came back. */
export async function openForward(
  input: RollbackInput,
  ports: RollbackPorts,
): Promise<OpenedPass<'forward'> | undefined> {
  const { release, fence } = input;
  const environment = environmentIn(await readReleaseDocument(ports.store, release), input.environment);
  const reversed = await readOutcomes(ports.ledger, release, environment.name, 'reverse');
  const back = new Map<string, NonNullable<OutcomeItem['rollback']>>();
  const documents = new Map<string, LastGoodDocument>();
  await inParallel(reversed.values(), async ({ component, attempt, outcome, rollback }) => {
    if (attempt !== fence || outcome !== 'rolled-back' || rollback?.to === undefined) return;
    const document = await readDocument(ports.store, rollback.to.document, lastGoodDocumentSchema);
    back.set(component, rollback);
    if (document !== undefined) documents.set(component, document);
  });
  if (back.size === 0) return undefined;
  const needs = environment.targets.map(({ entry: { component, needs } }) => {
    return { component, needs, neededBefore: documents.get(component)?.entry.needs };
  });
  const components = needs.map(({ component }) => component).filter((component) => back.has(component));
  const order = orderOf(components, needs, 'forward');
  const targets = components.flatMap((component): PassTarget[] => {
    const rollback = back.get(component);
    const test = documents.get(component)?.entry.test !== undefined;
    return rollback
      ? [{ component, marks: { rollback }, after: order.get(component) ?? [], test, write: 'apply' }]
      : [];
  });
  return openPass(input, 'forward', { ...ports, targets });
}

/** A target whose flow ended without an outcome is not back. */
export async function endLostPass(
  { release, environment, fence }: RollbackInput,
  pass: Exclude<Pass, 'deploy'>,
  ledger: RollbackPorts['ledger'],
): Promise<void> {
  const outcomes = await readOutcomes(ledger, release, environment, pass);
  const lost = [...outcomes.values()].filter(
    ({ attempt, outcome }) => attempt === fence && outcome === undefined,
  );
  await inParallel(lost, async ({ component }) => {
    await ledger.update(
      ledgerKeys.outcome(release.repository, release.id, { environment, component, pass }),
      { set: { outcome: 'rollback-failed', progress: 'ended', reason: 'its flow ended without an outcome' } },
      { equals: { attempt: fence }, missing: ['outcome'] },
    );
  });
}
