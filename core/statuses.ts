/** What GitHub should show for a commit: the statuses a release asks for, fit to GitHub's limits. Called by `git-status`. */
import { createHash } from 'node:crypto';
import type { DeploymentItem, ReleaseItem, StatusItem } from './ledger/release-items.ts';
import type { OutcomeItem } from './ledger/work-items.ts';
import { releaseWording, type StatusState, targetWording, type Wording } from './status-words.ts';

/** Longest description GitHub takes. Characters. https://docs.github.com/en/rest/commits/statuses */
export const MAX_DESCRIPTION = 140;

/** Longest context GitHub takes. Characters. */
export const MAX_CONTEXT = 255;

/** A release as the ledger tells it. */
export interface ReleaseRecord {
  readonly release: ReleaseItem;
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
  /** The statuses written for the commit before, by this or an earlier release of it. */
  readonly written: readonly StatusItem[];
}

/** A commit status as it should be. */
export interface DesiredStatus {
  readonly context: string;
  readonly state: StatusState;
  readonly description: string;
}

/**
 * The statuses that differ from those written, the release's own (`belay`) last. Unaffected targets have none, unless an earlier
 * release of the commit left one: that must not stay as it was.
 */
export function changedStatuses({ release, deployments, outcomes, written }: ReleaseRecord): DesiredStatus[] {
  const before = new Map(written.map((status) => [status.context, status]));
  const desired = outcomes
    .map((target) => ({ target, context: targetContext(target.environment, target.component) }))
    .filter(({ target, context }) => target.affected !== 'unaffected' || before.has(context))
    .map(({ target, context }) => status(context, targetWording(target, release.operation)));
  desired.push(status('belay', releaseWording(release, deployments, outcomes)));
  return desired.filter(({ context, state, description }) => {
    const known = before.get(context);
    return known?.state !== state || known.description !== description;
  });
}

/** `belay/<environment>/<component>`; one that is too long ends in a hash, so that two stay distinct. */
export function targetContext(environment: string, component: string): string {
  const context = `belay/${environment}/${component}`;
  if (context.length <= MAX_CONTEXT) return context;
  const hash = createHash('sha256').update(context).digest('hex').slice(0, 12);
  return `${whole(context.slice(0, MAX_CONTEXT - hash.length - 1))}~${hash}`;
}

/** On one line, at most 140 characters; cut after a word where there is one near the end. */
export function description(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_DESCRIPTION) return line;
  const room = whole(line.slice(0, MAX_DESCRIPTION - 1));
  const word = room.lastIndexOf(' ');
  const kept = word > room.length - 25 ? room.slice(0, word) : room;
  return `${kept.replace(/[\s,;:.(]+$/, '')}…`;
}

const status = (context: string, { state, text }: Wording): DesiredStatus => ({
  context,
  state,
  description: description(text),
});

/** Without a half surrogate pair at the end. */
const whole = (text: string) => text.replace(/[\ud800-\udbff]$/, '');
