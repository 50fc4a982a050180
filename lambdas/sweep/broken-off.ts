/** Settles a release whose execution has ended: every target gets its outcome, the release its verdict. Called by `releases.ts`. */
import type { ReleaseDocument, ReleaseEnvironment } from '../../core/contracts/release.ts';
import { releaseDocumentSchema } from '../../core/contracts/release.ts';
import { brokenOffBy, brokenOffEnd } from '../../core/deployment/sweep.ts';
import { releaseKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import type { ExecutionStatus } from '../ports.ts';
import { settle } from '../settle/settle.ts';
import { cancellationIn } from '../shared/cancellation.ts';
import { readDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { inParallel } from '../shared/in-parallel.ts';
import { readDeploymentItem, readOutcomes, readTargetItem } from '../shared/items.ts';
import { NEVER_OPENED } from '../shared/later-environments.ts';
import type { SweepPorts } from './ports.ts';

interface Swept {
  /** Nothing of the release is left to be done. */
  readonly isSettled: boolean;
  readonly did: readonly string[];
}

const LATER: Swept = { isSettled: false, did: [] };

/** Left to the next sweep while a deployment of the release still runs or a job of it still writes. */
export async function settleBrokenOff(
  item: ReleaseItem,
  status: ExecutionStatus,
  ports: SweepPorts,
): Promise<Swept> {
  const release = { id: item.id, repository: item.repository.id, commit: item.commit };
  const key = releaseKey(release.repository, release.id);
  const document = await readDocument(ports.store, key, releaseDocumentSchema);
  const why = brokenOffBy(status);
  if (document === undefined) {
    if (item.verdict !== undefined) return { isSettled: true, did: [] };
    const reason = `${why} while reading the commit; push again, or redrive the execution ${item.execution}`;
    const endedAt = ports.clock.now().toISOString();
    await ports.ledger.update(
      ledgerKeys.release(release.repository, release.id),
      { set: { verdict: 'failed', reason, endedAt } },
      { missing: ['verdict'], equals: { execution: item.execution } },
    );
    await ports.status.changed(release);
    return { isSettled: true, did: [`release ${release.id}: failed, ${reason}`] };
  }
  const open = await openEnvironment(item, document, ports);
  if (open !== undefined) return settleEnvironment(open, { item, document, why }, ports);
  if (item.verdict !== undefined) return { isSettled: true, did: [] };
  const settled = await settle({ scope: 'release', release }, ports);
  return { isSettled: true, did: [`release ${release.id}: ${settled.verdict}, ${settled.summary}`] };
}

/** The first environment that has no verdict, or a target without outcome. */
async function openEnvironment(
  { verdict }: ReleaseItem,
  { release, environments }: ReleaseDocument,
  { ledger }: SweepPorts,
): Promise<ReleaseEnvironment | undefined> {
  for (const environment of environments) {
    const deployment = await readDeploymentItem(ledger, release, environment.name);
    // Nothing was to be done in any environment: nothing is missing there.
    if (deployment === undefined && (verdict === 'nothing-to-do' || verdict === 'refused')) continue;
    if (deployment?.verdict === undefined) return environment;
    const outcomes = await readOutcomes(ledger, release, environment.name);
    const isOpen = environment.targets.some(({ entry }) => !outcomes.get(entry.component)?.outcome);
    if (isOpen) return environment;
  }
  return undefined;
}

async function settleEnvironment(
  { name, targets }: ReleaseEnvironment,
  { item, document, why }: { item: ReleaseItem; document: ReleaseDocument; why: string },
  ports: SweepPorts,
): Promise<Swept> {
  const { ledger } = ports;
  const { release } = document;
  const { repository } = release;
  const { execution = '' } = (await readDeploymentItem(ledger, release, name)) ?? {};
  if (execution !== '' && (await ports.executions.isRunning(execution))) return LATER;
  const { owner, writers } = await readEnvironment(ledger, { repository, environment: name });
  if (owner?.release === release.id && Object.keys(writers).length > 0) {
    const left = `release ${release.id} was ${why}, and ${Object.keys(writers).join(', ')} is still being written in ${name}: settled when that job has ended`;
    return { isSettled: false, did: [left] };
  }
  const outcomes = await readOutcomes(ledger, release, name);
  const cancelled = cancellationIn(item);
  await inParallel(targets, async ({ entry: { component } }) => {
    const found = outcomes.get(component);
    if (found?.outcome !== undefined) return;
    const address = { repository, environment: name, component };
    // What a plan finds deployed is not its own work.
    const live = document.operation === 'plan' ? undefined : (await readTargetItem(ledger, address)).live;
    const commit = found?.destroys?.commit ?? release.commit;
    const end = brokenOffEnd({ item: found, live, commit, why, cancelled });
    const key = ledgerKeys.outcome(repository, release.id, { environment: name, component });
    const set = { ...end, progress: 'ended' as const, endedAt: ports.clock.now().toISOString() };
    if (found !== undefined) {
      await ledger.update(key, { set }, { equals: { attempt: found.attempt }, missing: ['outcome'] });
      return;
    }
    const never: OutcomeItem = {
      environment: name,
      component,
      attempt: NEVER_OPENED,
      affected: 'changed',
      ...set,
    };
    await ledger.put(key, never, { absent: true });
  });
  const fence = Math.max(...[...outcomes.values()].map(({ attempt }) => attempt), NEVER_OPENED);
  const hadLease = fence === NEVER_OPENED ? {} : { fence };
  const settled = await settle(
    { scope: 'environment', release, environment: name, execution, ...hadLease },
    ports,
  );
  const did = [`release ${release.id} was ${why}: ${settled.summary}`];
  // What comes after a failure was skipped; environments that are planned do not come after one another.
  if (settled.verdict !== 'succeeded' && document.operation !== 'plan') return { isSettled: true, did };
  const rest = await settleBrokenOff(item, statusOf(why), ports);
  return { ...rest, did: [...did, ...rest.did] };
}

const statusOf = (why: string): ExecutionStatus =>
  why === 'stopped' ? 'ABORTED' : why === 'timed out' ? 'TIMED_OUT' : 'FAILED';
