/** What the commands share: how a release is named, and what a person is answered. */
import type * as z from 'zod';
import type { command as contract } from '../../core/contracts/command.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type ReleaseItem, releaseItemSchema } from '../../core/ledger/release-items.ts';
import type { Ledger } from '../ports.ts';

/** Refusals are answers, too: `message` says why and what to do. */
export type Answer = z.input<typeof contract.output>;

export interface ReleaseName {
  readonly repository: number;
  readonly release: string;
  /** GitHub login of who asks. */
  readonly by: string;
}

export interface TargetName extends ReleaseName {
  readonly environment: string;
  readonly component: string;
}

export async function findRelease(
  { repository, release }: Omit<ReleaseName, 'by'>,
  ledger: Ledger,
): Promise<ReleaseItem | undefined> {
  const item = await ledger.get(ledgerKeys.release(repository, release));
  return item === undefined ? undefined : releaseItemSchema.parse(item);
}

export const noSuchRelease = ({ release, repository }: Omit<ReleaseName, 'by'>): Answer => ({
  accepted: false,
  message: `there is no release ${release} in repository ${repository}`,
});
