/** The words of `status` and `help`, as Markdown for a comment. Called by `orders`. */
import { code, plain, table } from '../../core/checks/markdown.ts';
import { targetTable } from '../../core/checks/target-table.ts';
import { FORMS, VERBS } from '../../core/commands/order.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { deploymentItemSchema, type ReleaseItem } from '../../core/ledger/release-items.ts';
import { outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { releaseWording } from '../../core/status-words.ts';
import type { Ledger } from '../ports.ts';

export function helpText(): string {
  const rows = VERBS.map((verb) => [code(`/belay ${FORMS[verb].usage}`), FORMS[verb].does]);
  return `${table(['command', ''], rows)}\n\nOne command a line, at the start of the line; code and quotations are not read.`;
}

/** What the release's check says, and its targets. */
export async function statusText(
  release: ReleaseItem,
  {
    environment,
    component,
  }: { readonly environment?: string | undefined; readonly component?: string | undefined },
  { ledger }: { readonly ledger: Ledger },
): Promise<string> {
  const { pk } = ledgerKeys.release(release.repository.id, release.id);
  const deployments = deploymentItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.deployments));
  const outcomes = outcomeItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.outcomes));
  const wanted = outcomes.filter(
    (target) =>
      target.affected !== 'unaffected' &&
      target.environment === (environment ?? target.environment) &&
      target.component === (component ?? target.component),
  );
  const { text } = releaseWording({ release, deployments, outcomes });
  const head = `Release ${code(release.id)} of ${code(release.commit.slice(0, 7))}: ${plain(text)}`;
  const shown = targetTable(wanted);
  return shown === '' ? head : `${head}\n\n${shown}`;
}
