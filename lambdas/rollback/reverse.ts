/** Opens the pass back to last good, dependents first; called by `rollback` after the deployment's own pass. */
import { findScope, neededBy, orderOf } from '../../core/deployment/rollback.ts';
import { NamedFailure, STILL_WRITING } from '../../core/failures.ts';
import type { EnvironmentItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { environmentIn, readReleaseDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readReleaseItem } from '../shared/items.ts';
import { type OpenedPass, openPass, type PassTarget, putOnce } from '../shared/open-pass.ts';
import { type Deployed, readDeployed } from './deployed.ts';
import type { RollbackInput, RollbackPorts } from './rollback.ts';

/** Undefined when nothing has failed in the cloud, or nothing in scope has a last good to return to. */
export async function openReverse(
  input: RollbackInput,
  ports: RollbackPorts,
): Promise<OpenedPass<'reverse'> | undefined> {
  const { release } = input;
  const document = await readReleaseDocument(ports.store, release);
  // Half of what was destroyed is nothing to build on: it is told as broken, and a redrive or a push goes on from there.
  if (document.operation === 'destroy') return undefined;
  const environment = environmentIn(document, input.environment);
  const asked = document.operation === 'restore' ? await whoAsked(release, ports) : undefined;
  const targets = await readDeployed({ ...input, isAsked: asked !== undefined }, environment, ports);
  const scope = findScope(targets);
  const inScope = targets.filter(({ component }) => scope.has(component));
  await requireNoWriter(input, inScope, ports);

  const causeOf = (target: Deployed) =>
    asked === undefined ? describeCause(target, scope.get(target.component) ?? []) : `${asked} asked for it`;
  const returning = inScope.filter(({ document }) => document !== undefined);
  const order = orderOf(
    returning.map(({ component }) => component),
    targets,
    'reverse',
  );
  await leaveAsTheyAre(input, inScope, { targets, causeOf, ledger: ports.ledger });
  if (returning.length === 0) return undefined;
  await inParallel(returning, (target) => withdraw(input, target, ports));
  const back = returning.flatMap((target): PassTarget[] => {
    const { component, lastGood } = target;
    if (lastGood === undefined) return [];
    const { commit, document } = lastGood;
    const rollback = { to: { commit, document }, cause: causeOf(target) };
    return [
      { component, marks: { rollback }, after: order.get(component) ?? [], test: false, write: 'apply' },
    ];
  });
  return openPass(input, 'reverse', { ...ports, targets: back });
}

async function whoAsked(release: RollbackInput['release'], { ledger }: RollbackPorts): Promise<string> {
  return (await readReleaseItem(ledger, release)).sender;
}

/** A job that outlived its flow must end before anything goes back under it: the machine tries again until then. */
async function requireNoWriter(
  { release, environment }: RollbackInput,
  inScope: readonly Deployed[],
  { ledger, jobs }: RollbackPorts,
): Promise<void> {
  const address = { repository: release.repository, environment };
  const { writers }: EnvironmentItem = await readEnvironment(ledger, address);
  for (const { component } of inScope) {
    const job = writers[component];
    if (job === undefined || (await jobs.hasEnded(job))) continue;
    throw new NamedFailure(
      STILL_WRITING,
      `rolling back ${environment}/${component}: job ${job} still writes it; wait until it has ended`,
    );
  }
}

/** `apply failed: …` for what failed itself, `database failed` for what goes back with it. */
function describeCause({ component, outcome }: Deployed, triggers: readonly string[]): string {
  if (triggers.includes(component)) {
    return outcome?.outcome === undefined ? 'its apply was lost' : outcome.reason;
  }
  return `${triggers.join(', ')} failed`;
}

/**
 * Targets in scope without a last good stay as they are. One that had ended well is not vouched for any more when something it
 * needs goes back under it.
 */
async function leaveAsTheyAre(
  input: RollbackInput,
  inScope: readonly Deployed[],
  {
    targets,
    causeOf,
    ledger,
  }: {
    readonly targets: readonly Deployed[];
    readonly causeOf: (target: Deployed) => string;
    readonly ledger: RollbackPorts['ledger'];
  },
): Promise<void> {
  const { release, environment, fence } = input;
  const returning = new Set(inScope.flatMap(({ component, document }) => (document ? component : [])));
  const needs = neededBy(targets);
  const stranded = inScope.filter(({ component, document, isTrigger }) => {
    const loses = [...needs(component)].some((needed) => returning.has(needed));
    return document === undefined && (isTrigger || loses);
  });
  await inParallel(stranded, async (target) => {
    const { component, lastGood } = target;
    await markDirty(input, target, { ledger });
    const reason =
      lastGood === undefined
        ? 'it has no last good to return to'
        : `what it takes to return to ${lastGood.commit.slice(0, 7)} is not in the artifacts bucket`;
    const item: OutcomeItem = {
      ...{ environment, component, attempt: fence, reason },
      affected: 'changed',
      progress: 'ended',
      outcome: 'rollback-failed',
      rollback: { cause: causeOf(target) },
    };
    const place = { environment, component, pass: 'reverse' as const };
    await putOnce(ledger, ledgerKeys.outcome(release.repository, release.id, place), item);
  });
}

/**
 * Dirty, and last good is what it was before this release: should the way back fail, whatever is tried next must not return to what
 * the failed release has made of it.
 */
async function withdraw(input: RollbackInput, target: Deployed, ports: RollbackPorts): Promise<void> {
  const { release, environment } = input;
  const { component, item, lastGood } = target;
  const { live } = item;
  if (live === undefined || item.lastGood?.release !== release.id) return markDirty(input, target, ports);
  await ports.ledger.update(
    ledgerKeys.target(release.repository, environment, component),
    { set: { 'live.state': 'dirty', lastGood }, remove: ['goodBefore'] },
    { equals: { 'live.commit': live.commit, 'live.state': live.state } },
  );
}

/** Whatever happens from here on, the next deployment plans it again. */
async function markDirty(
  { release, environment }: RollbackInput,
  { component, item }: Deployed,
  { ledger }: Pick<RollbackPorts, 'ledger'>,
): Promise<void> {
  if (item.live?.state !== 'clean') return;
  const { commit } = item.live;
  await ledger.update(
    ledgerKeys.target(release.repository, environment, component),
    { set: { 'live.state': 'dirty' } },
    { equals: { 'live.commit': commit, 'live.state': 'clean' } },
  );
}
