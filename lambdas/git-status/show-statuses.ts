/** Writes what has changed as commit statuses: all that a token may. Called by `show-release`. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { StatusItem } from '../../core/ledger/release-items.ts';
import { changedStatuses, type ReleaseRecord } from '../../core/statuses.ts';
import type { GitHubWriter } from '../github-ports.ts';
import { endsFirst } from './order.ts';
import { type SpendingPorts, spending } from './spending.ts';

export interface ShowStatusesPorts extends SpendingPorts {
  readonly github: GitHubWriter;
}

export async function showStatuses(
  record: ReleaseRecord,
  written: readonly StatusItem[],
  ports: ShowStatusesPorts,
): Promise<void> {
  const { repository, commit } = record.release;
  const known = new Set(written.map(({ context }) => context));
  const changed = changedStatuses(record, written).map((status) => {
    // What nobody has seen yet, what ended, and what waits for a person, is not held back.
    const isProgress = status.state === 'pending' && known.has(status.context);
    return { status, kind: isProgress ? ('progress' as const) : ('end' as const) };
  });
  for (const { status, kind } of endsFirst(changed)) {
    const write = () => ports.github.createStatus(repository.fullName, commit, status);
    await spending(repository.fullName, kind, { write, ports });
    await ports.ledger.put(ledgerKeys.status(repository.id, commit, status.context), status);
  }
}
