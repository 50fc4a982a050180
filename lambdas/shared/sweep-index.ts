/** What the sweep looks after: releases under way and environments. Written before anything can be lost, by `resolve` and `lease`. */
import { type KnownItem, knownItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import { type ActiveItem, activeItemSchema } from '../../core/ledger/release-items.ts';
import type { Ledger } from '../ports.ts';

/** `run`: whatever tells this run of the release from the one before a redrive. */
export async function noteActive(ledger: Ledger, active: ActiveItem): Promise<void> {
  const { repository, id, commit } = active.release;
  await ledger.put(ledgerKeys.active(repository, id), { ...active, release: { id, repository, commit } });
}

/** The repository's names are those of the newest release. */
export async function noteKnown(ledger: Ledger, known: KnownItem): Promise<void> {
  await ledger.put(ledgerKeys.known(known.repository.id, known.environment), known);
}

/** Nothing happens when the release was redriven in the meantime. */
export async function forgetActive(ledger: Ledger, { release, run }: ActiveItem): Promise<boolean> {
  return ledger.remove(ledgerKeys.active(release.repository, release.id), { equals: { run } });
}

/** With `repository`, those of one. */
export async function readActive(ledger: Ledger, repository?: number): Promise<ActiveItem[]> {
  const { pk } = ledgerKeys.active(0, '');
  return activeItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.active + of(repository)));
}

/** With `repository`, those of one. */
export async function readKnown(ledger: Ledger, repository?: number): Promise<KnownItem[]> {
  const { pk } = ledgerKeys.known(0, '');
  return knownItemSchema.array().parse(await ledger.query(pk, ledgerPrefixes.known + of(repository)));
}

const of = (repository: number | undefined) => (repository === undefined ? '' : `${repository}/`);
