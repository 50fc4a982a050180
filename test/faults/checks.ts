/** What must hold whenever the world has come to rest, whatever was done to it. Called by `run.ts`. */
import { type ReleaseDocument, releaseDocumentSchema } from '../../core/contracts/release.ts';
import { releaseKey, stateKey } from '../../core/keys.ts';
import type { EnvironmentItem, TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { DeploymentItem, ReleaseItem } from '../../core/ledger/release-items.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { HALF, NOTHING } from './cloud.ts';
import { ENVIRONMENTS, REPOSITORY, TARGETS } from './repository.ts';
import type { World } from './world.ts';

/** To be rolled back is what a restore is for, and what no other release wants. */
const isGood = (outcome: string, { operation }: ReleaseItem) =>
  ['unchanged', 'applied', 'destroyed'].includes(outcome) ||
  (outcome === 'rolled-back' && operation === 'restore');

/** A release as the ledger tells it; `document` is absent when it never came to have one. */
export interface Told {
  readonly item: ReleaseItem;
  readonly document: ReleaseDocument | undefined;
  readonly deployments: readonly DeploymentItem[];
  readonly outcomes: readonly OutcomeItem[];
}

/** All releases, oldest first. */
export function releasesOf({ ledger, store }: World): Told[] {
  const items = [...ledger.items.values()];
  const found = items.filter(({ sk }) => sk === 'release') as unknown as ReleaseItem[];
  return found
    .toSorted((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt))
    .map((item) => {
      const { pk } = ledgerKeys.release(REPOSITORY.id, item.id);
      const ofRelease = (prefix: string) =>
        items.filter((one) => one.pk === pk && String(one.sk).startsWith(prefix));
      const body = store.objects.get(releaseKey(REPOSITORY.id, item.id));
      return {
        item,
        document: body && releaseDocumentSchema.parse(JSON.parse(body.toString('utf8'))),
        deployments: ofRelease('deployment/') as unknown as DeploymentItem[],
        outcomes: ofRelease('outcome/') as unknown as OutcomeItem[],
      };
    });
}

/** Everything that is not as it must be; empty when all is well. */
export function problemsOf(world: World): string[] {
  const releases = releasesOf(world);
  return [
    ...world.cloud.violations,
    ...leftovers(world),
    ...releases.flatMap((release) => [
      ...openEnds(release),
      ...statusProblems(release, world),
      ...announcementProblems(release),
    ]),
    ...TARGETS.flatMap((target) => targetProblems(target, releases, world)),
  ];
}

/** No lease owner, queue entry, unsent answer or writer, nothing the sweep still looks after. */
function leftovers({ ledger, machines, batch }: World): string[] {
  const left = ENVIRONMENTS.flatMap((name) => {
    const { pk, sk } = ledgerKeys.environment(REPOSITORY.id, name);
    const item = ledger.items.get(`${pk} ${sk}`) as unknown as EnvironmentItem;
    return [
      ...(item.owner ? [`${name} has still an owner: ${item.owner.release}`] : []),
      ...item.queue.map(({ release }) => `${release} still waits for ${name}`),
      ...item.answers.map(({ grant }) => `${name} has still to say: ${grant.decision}`),
      ...Object.keys(item.writers).map((component) => `${name}/${component} has still a writer`),
    ];
  });
  const active = [...ledger.items.values()].filter(({ pk }) => pk === 'active');
  return [
    ...left,
    ...active.map(({ sk }) => `the sweep still looks after ${sk}`),
    ...machines.running.map(({ arn }) => `${arn} still runs`),
    ...batch.running.map((name) => `job ${name} still runs`),
  ];
}

function openEnds({ item, document, deployments, outcomes }: Told): string[] {
  if (item.verdict === undefined) return [`release ${item.id} has no verdict: ${item.reason}`];
  return (document?.environments ?? []).flatMap(({ name, targets }) => {
    const deployment = deployments.find(({ environment }) => environment === name);
    const open = targets.filter(({ entry: { component } }) => {
      const found = outcomes.filter((one) => one.environment === name && one.component === component);
      return found.length !== 1 || found[0]?.outcome === undefined;
    });
    return [
      ...open.map(({ entry }) => `${name}/${entry.component} of ${item.id} has no outcome`),
      ...(deployment?.verdict === undefined ? [`${name} of ${item.id} has no verdict`] : []),
    ];
  });
}

/** What GitHub shows of a commit's newest release is what the ledger says. */
function statusProblems({ item, outcomes }: Told, { repository, ledger }: World): string[] {
  const { pk } = ledgerKeys.commit(REPOSITORY.id, item.commit);
  if (ledger.items.get(`${pk} commit`)?.release !== item.id) return [];
  const isDone = item.verdict === 'succeeded' || item.verdict === 'nothing-to-do';
  const wanted = [
    { context: 'belay', state: isDone ? 'success' : 'failure' },
    ...outcomes
      .filter(({ affected }) => affected !== 'unaffected')
      .map(({ environment, component, outcome = '' }) => ({
        context: `belay/${environment}/${component}`,
        state: isGood(outcome, item) ? 'success' : 'failure',
      })),
  ];
  return wanted.flatMap(({ context, state }) => {
    const shown = repository.shown(item.commit, context)?.state;
    return shown === state ? [] : [`${context} of ${item.id} shows ${shown}, not ${state}`];
  });
}

/** The ledger notes an announcement when the bus has it. */
function announcementProblems({ item: { id, announced, endedAt } }: Told): string[] {
  return announced?.has(`ended/${endedAt}`) ? [] : [`the end of ${id} was not announced`];
}

/** The ledger does not call clean what is not; what is dirty is said; state and last good are not lost. */
function targetProblems(target: string, releases: readonly Told[], world: World): string[] {
  const [environment = '', component = ''] = target.split('/');
  const { cloud, repository, store, ledger } = world;
  const { pk, sk } = ledgerKeys.target(REPOSITORY.id, environment, component);
  const { live, lastGood } = (ledger.items.get(`${pk} ${sk}`) ?? {}) as TargetItem;
  const value = cloud.valueOf(target);
  const problems: string[] = [];
  const last = releases.findLast(({ outcomes }) =>
    outcomes.some(
      (one) =>
        one.environment === environment && one.component === component && one.affected !== 'unaffected',
    ),
  );
  const outcome = last?.outcomes.find(
    (one) => one.environment === environment && one.component === component,
  )?.outcome;
  if (live === undefined) {
    if (value !== NOTHING || outcome !== 'destroyed')
      problems.push(`${target} is forgotten, and is ${value}; its outcome is ${outcome}`);
  } else if (live.state === 'clean') {
    const version = repository.versionsOf(live.commit)[component] ?? '?';
    const isIt = value === version || value.startsWith(`${version}(`);
    if (!isIt) problems.push(`${target} is said to be clean at ${version}, and is ${value}`);
  } else {
    const isSaid = last && outcome !== undefined && !isGood(outcome, last.item);
    if (!isSaid) problems.push(`${target} is dirty (${value}), and its outcome is ${outcome}`);
  }
  if (live?.state !== 'dirty' && value.startsWith(HALF))
    problems.push(`${target} is ${value}, and not dirty`);
  const state = store.objects.get(stateKey(REPOSITORY.id, environment, component));
  const serial = state && (JSON.parse(state.toString('utf8')) as { serial: number }).serial;
  if (serial !== cloud.serials.get(target)) {
    problems.push(
      `the state of ${target} has serial ${serial}, and was written ${cloud.serials.get(target)} times`,
    );
  }
  if (live === undefined && lastGood === undefined) return problems;
  const kept = lastGood === undefined ? undefined : store.objects.get(lastGood.document);
  if (kept === undefined) return [...problems, `${target} has no last good to return to`];
  const { source, bundle } = JSON.parse(kept.toString('utf8')) as { source: string; bundle: string };
  for (const key of [source, bundle]) {
    if (!store.objects.has(key)) problems.push(`${key}, last good of ${target}, is gone`);
  }
  return problems;
}
