/** What GitHub should show for a commit where Belay may only write statuses, fit to GitHub's limits. Called by `git-status`. */
import { piecesOf } from './checks/layout.ts';
import { shortened } from './checks/markdown.ts';
import type { DeploymentItem, ReleaseItem, StatusItem } from './ledger/release-items.ts';
import type { JobTimesItem, OutcomeItem } from './ledger/work-items.ts';
import {
  environmentWording,
  pastWording,
  releaseWording,
  type StatusState,
  targetWording,
  type Wording,
} from './status-words.ts';

/** Longest description GitHub takes. Characters. https://docs.github.com/en/rest/commits/statuses */
export const MAX_DESCRIPTION = 140;

/** A release as the ledger tells it. */
export interface ReleaseRecord {
  readonly release: ReleaseItem;
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
  /** Once it has ended: what its jobs said of their time. */
  readonly jobs?: readonly JobTimesItem[] | undefined;
  /** When GitHub could not be told about the commit, the last time that happened. */
  readonly delay?: { readonly since: string; readonly until: string } | undefined;
}

/** A commit status as it should be. */
export interface DesiredStatus {
  readonly context: string;
  readonly state: StatusState;
  readonly description: string;
}

/** The statuses that differ from those written for the commit by this or an earlier release of it, the release's own last. */
export function changedStatuses(record: ReleaseRecord, written: readonly StatusItem[]): DesiredStatus[] {
  const before = new Map(written.map((status) => [status.context, status]));
  const { release, deployments, outcomes } = record;
  const shown = written.map(
    ({ context, state }) => [context, state === 'pending' ? 'open' : 'ended'] as const,
  );
  return piecesOf(release, outcomes, new Map(shown))
    .map((piece) => {
      if (piece.kind === 'target') return status(piece.name, targetWording(piece.target, release.operation));
      if (piece.kind === 'past') return status(piece.name, pastWording(release));
      if (piece.kind === 'release') return status(piece.name, releaseWording(record));
      const deployment = deployments.find(({ environment }) => environment === piece.environment);
      return status(piece.name, environmentWording(deployment, piece.targets));
    })
    .filter(({ context, state, description }) => {
      const known = before.get(context);
      return known?.state !== state || known.description !== description;
    });
}

/** On one line, at most 140 characters; cut after a word where there is one near the end. */
export const description = (text: string) => shortened(text, MAX_DESCRIPTION);

const status = (context: string, { state, text }: Wording): DesiredStatus => ({
  context,
  state,
  description: description(text),
});
