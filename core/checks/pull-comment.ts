/** The one comment on a pull request, from the ledger alone: what merging it would change, and afterwards what happened. Called by `git-status`. */
import { describeOrphans } from '../deployment/orphans.ts';
import { isDeferred } from '../deployment/planning.ts';
import type { OutcomeItem } from '../ledger/work-items.ts';
import { releaseWording } from '../status-words.ts';
import type { ReleaseRecord } from '../statuses.ts';
import { code, cutTo, elapsed, plain, shortened } from './markdown.ts';
import { targetTable } from './target-table.ts';

/** Bytes, of the 65,536 characters that GitHub takes, for the plan and for what came of it. */
const ROOM = { plan: 30_000, questions: 10_000, deployment: 15_000 } as const;
const MAX_LINE = 300;

const OF_FORK = 'Its code runs with the plan role of each environment, without secrets: read it first.';

/** What is told, and whether somebody waits for it. */
export interface PullComment {
  readonly body: string;
  readonly kind: 'end' | 'progress';
}

/** `merge` is the release of the commit that came of merging it. Progress is left to the checks: each part changes once, at its end. */
export function pullComment(plan: ReleaseRecord, merge: ReleaseRecord | undefined): PullComment {
  const parts = [...planParts(plan), ...(merge === undefined ? [] : mergeParts(merge))];
  const isGoing = plan.release.verdict === undefined || (merge && merge.release.verdict === undefined);
  return { body: parts.filter((part) => part !== '').join('\n\n'), kind: isGoing ? 'progress' : 'end' };
}

function planParts({ release, deployments, outcomes }: ReleaseRecord): string[] {
  const { pull, commit, branch, verdict, reason, startedAt, endedAt = startedAt } = release;
  const what = `${code(commit.slice(0, 7))} into ${code(branch)}`;
  const title = '### What merging this would change';
  if (verdict === undefined) return [title, `Planning ${what} …`];
  if (outcomes.length === 0) {
    const lead = verdict === 'waiting' ? 'Not planned yet' : 'Nothing was planned';
    return [
      title,
      `${lead}: ${what}: ${plain(shortened(reason, MAX_LINE))}`,
      pull?.fork && verdict === 'waiting' ? OF_FORK : '',
    ];
  }
  const { text } = releaseWording({ release: { ...release, operation: 'apply' }, deployments, outcomes });
  const affected = outcomes.filter((target) => target.affected !== 'unaffected');
  return [
    title,
    `${what}: ${plain(shortened(text, MAX_LINE))} (took ${elapsed(startedAt, endedAt)})`,
    plain(shortened(release.note ?? '', MAX_LINE)),
    questions(affected),
    removals(affected),
    waiting(affected),
    ...describeOrphans(deployments).map(plain),
    affected.length === 0 ? '' : targetTable(affected, ROOM.plan),
    'The plans themselves are in the checks.',
  ];
}

function mergeParts(record: ReleaseRecord): string[] {
  const { release, outcomes } = record;
  const { commit, verdict, startedAt, endedAt = startedAt } = release;
  const title = `### Merged as ${code(commit.slice(0, 7))}`;
  if (verdict === undefined) return [title, 'Deploying …'];
  const text = shortened(releaseWording(record).text, MAX_LINE);
  const affected = outcomes.filter((target) => target.affected !== 'unaffected');
  return [
    title,
    `${plain(text)} (took ${elapsed(startedAt, endedAt)})`,
    affected.length === 0 ? '' : targetTable(affected, ROOM.deployment),
  ];
}

function questions(targets: readonly OutcomeItem[]): string {
  const asked = targets.flatMap(({ asks, ...target }) =>
    asks === undefined ? [] : [`- ${nameOf(target)}: ${plain(shortened(asks, MAX_LINE))}`],
  );
  return listed('**A person will be asked** before this is applied:', asked);
}

function removals(targets: readonly OutcomeItem[]): string {
  const lost = targets.flatMap(({ changes, ...target }) => {
    const { destroy = 0, replace = 0 } = changes ?? {};
    const told = [destroy > 0 ? `${destroy} to destroy` : '', replace > 0 ? `${replace} to replace` : ''];
    return destroy + replace === 0 ? [] : [`- ${nameOf(target)}: ${told.filter(Boolean).join(', ')}`];
  });
  return listed('**Warning:** resources would go:', lost);
}

function waiting(targets: readonly OutcomeItem[]): string {
  const deferred = targets
    .filter(isDeferred)
    .map((target) => `- ${nameOf(target)} waits: ${plain(shortened(target.reason, MAX_LINE))}`);
  return listed('Can only be planned once this is applied:', deferred);
}

const nameOf = ({ environment, component }: Pick<OutcomeItem, 'environment' | 'component'>) =>
  code(`${environment}/${component}`);

const listed = (head: string, lines: readonly string[]) =>
  lines.length === 0
    ? ''
    : `${head}\n\n${cutTo(lines, ROOM.questions / 3, (left) => `- _…and ${left} more targets_`)}`;
