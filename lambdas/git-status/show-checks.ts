/** Writes what has changed as check runs: what an App may. Called by `show-release`. */
import { type CheckAnnotation, type CheckRun, MAX_ANNOTATIONS } from '../../core/checks/check-run.ts';
import { type DesiredCheck, desiredChecks } from '../../core/checks/desired.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { CheckItem } from '../../core/ledger/release-items.ts';
import type { ReleaseRecord } from '../../core/statuses.ts';
import type { GitHubWriter } from '../github-ports.ts';
import { type DetailPorts, detailsOf } from './details.ts';
import { endsFirst } from './order.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowChecksPorts extends SpendingPorts, DetailPorts {
  readonly github: GitHubWriter;
}

export async function showChecks(
  record: ReleaseRecord,
  written: readonly CheckItem[],
  ports: ShowChecksPorts,
): Promise<void> {
  const before = new Map(written.map((item) => [item.name, item]));
  const shown = written.map(({ name, completed }) => [name, completed ? 'ended' : 'open'] as const);
  const changed = desiredChecks(record, new Map(shown))
    .filter(({ run, digest }) => before.get(run.name)?.digest !== digest)
    .map((check) => {
      const known = before.get(check.run.name);
      const isProgress = check.run.status !== 'completed' && known !== undefined;
      return { check, known, kind: isProgress ? ('progress' as const) : ('end' as const) };
    });
  for (const { check, known, kind } of endsFirst(changed))
    await showCheck(check, { known, kind, record }, ports);
}

async function showCheck(
  check: DesiredCheck,
  { known, kind, record }: { known: CheckItem | undefined; kind: 'end' | 'progress'; record: ReleaseRecord },
  ports: ShowChecksPorts,
): Promise<void> {
  const { github, ledger } = ports;
  const { repository, commit } = record.release;
  const { fullName } = repository;
  const { name } = check.run;
  const key = ledgerKeys.check(repository.id, commit, name);
  const { text, annotations } = await detailsOf(check, record, ports);
  const isNew = known === undefined || isPast(known, check);
  let done = isNew ? 0 : known.annotations;
  let run = isNew ? undefined : known.run;
  do {
    const batch = annotations.slice(done, done + MAX_ANNOTATIONS);
    const body = withDetails(check.run, text, batch);
    const id = run;
    const write = async () => {
      if (id === undefined) return github.createCheckRun(fullName, commit, body);
      await github.updateCheckRun(fullName, id, body);
      return id;
    };
    run = await spending(fullName, kind, { write, ports });
    done += batch.length;
    const isWhole = done >= annotations.length;
    const item: CheckItem = {
      name,
      run,
      // Until all annotations are there, what it says is not what it should.
      digest: isWhole ? check.digest : '',
      completed: check.run.status === 'completed',
      annotations: done,
    };
    await ledger.put(key, item);
  } while (done < annotations.length);
}

/**
 * A run that has completed is not opened again: a new one of the name takes its place. Nor does one say something else that has
 * annotations, because those cannot be taken back (unless they are not all there yet).
 */
function isPast({ completed, annotations, digest }: CheckItem, { run }: DesiredCheck): boolean {
  return completed && (run.status !== 'completed' || (annotations > 0 && digest !== ''));
}

const withDetails = (
  run: CheckRun,
  text: string | undefined,
  annotations: readonly CheckAnnotation[],
): CheckRun => ({
  ...run,
  output: {
    ...run.output,
    ...(text !== undefined && { text }),
    ...(annotations.length > 0 && { annotations }),
  },
});
