/** Looks at every change of an environment's item while it happens: what must never be written, whoever writes it. */
import type { EnvironmentItem } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { Ledger } from '../../../lambdas/ports.ts';

/** What the item alone does not tell. */
export interface Surroundings {
  /** The newest commit of the branch now. */
  head(): string;
  /** Place of a commit in the history of `main`; undefined on a history that was rewritten. */
  placeOf(commit: string): number | undefined;
  /** A person has said that the release may come although it is older. */
  isAllowed(release: string): boolean;
  /** Executions that act as owners, or whose jobs write. */
  isActing(execution: string): boolean;
}

/** The ledger, telling `problems` of every change that must not be. */
export function watchEnvironment(ledger: Ledger, around: Surroundings, problems: string[]): Ledger {
  const key = ledgerKeys.environment(7, 'dev');
  return {
    ...ledger,
    async put(written, item, condition) {
      if (written.sk !== key.sk) return ledger.put(written, item, condition);
      const before = (await ledger.get(key)) as EnvironmentItem | undefined;
      const isWritten = await ledger.put(written, item, condition);
      if (isWritten) problems.push(...problemsOf(before, item as EnvironmentItem, around));
      return isWritten;
    },
  };
}

function problemsOf(before: EnvironmentItem | undefined, after: EnvironmentItem, around: Surroundings) {
  return [
    ...(after.version === (before?.version ?? 0) + 1
      ? []
      : [`version ${before?.version} → ${after.version}`]),
    ...ownerProblems(before, after, around),
    ...supersededProblems(before, after, around),
    ...attemptProblems(before, after, around),
  ];
}

/** One owner at a time, a new fence for each, first come first served. */
function ownerProblems(before: EnvironmentItem | undefined, after: EnvironmentItem, around: Surroundings) {
  const [was, is] = [before?.owner?.execution, after.owner?.execution];
  const fence = before?.fence ?? 0;
  if (was === is)
    return after.fence === fence ? [] : [`the fence of ${is} went from ${fence} to ${after.fence}`];
  const problems: string[] = [];
  if (was !== undefined && around.isActing(was)) problems.push(`${was} lost the lease while it acts`);
  if (Object.keys(after.writers).length > 0) problems.push('a new owner beside old writers');
  if (is === undefined) return problems;
  if (after.fence !== fence + 1) problems.push(`${is} got fence ${after.fence} after ${fence}`);
  const seq = before?.queue.find(({ execution }) => execution === is)?.seq ?? after.seq;
  for (const { execution, seq: other } of after.queue) {
    if (other < seq) problems.push(`${is} came before ${execution}, which queued before it`);
  }
  return problems;
}

/** Of a branch the newest stays: that of the head, else the one that started last. */
function supersededProblems(
  before: EnvironmentItem | undefined,
  after: EnvironmentItem,
  around: Surroundings,
) {
  const old = new Set(before?.answers.map(({ execution }) => execution));
  return after.answers.flatMap(({ execution, grant }) => {
    if (grant.decision !== 'superseded' || old.has(execution)) return [];
    const waiter = before?.queue.find((one) => one.execution === execution);
    const rivals = after.queue.filter((one) => one.branch === (waiter?.branch ?? one.branch));
    if (rivals.length === 0) return [`${execution} was superseded, and nothing newer waits`];
    const isHead = waiter?.commit === around.head() && rivals.every(({ commit }) => commit !== waiter.commit);
    return isHead ? [`${execution} was superseded, and is the head`] : [];
  });
}

/** No older commit after a newer one, unless a person has asked for it. */
function attemptProblems(before: EnvironmentItem | undefined, after: EnvironmentItem, around: Surroundings) {
  return Object.entries(after.attempted).flatMap(([branch, commit]) => {
    const was = before?.attempted[branch];
    if (was === undefined || was === commit || around.isAllowed(after.owner?.release ?? '')) return [];
    const [from, to] = [around.placeOf(was), around.placeOf(commit)];
    const isForward = from !== undefined && to !== undefined ? to > from : commit === around.head();
    return isForward ? [] : [`${commit.slice(0, 7)} was let through after ${was.slice(0, 7)}`];
  });
}
