/** What must hold after the load: no delivery lost, no commit deployed twice or after a newer one. Called by `main.ts`. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { deliveryItemSchema, type ReleaseItem } from '../../core/ledger/release-items.ts';
import type { World } from '../../local/world.ts';
import { appliedIn, type LoadRepository } from './repositories.ts';

/** How a push may end where nothing has failed. */
const WELL = ['succeeded', 'superseded', 'nothing-to-do'];

export interface Found {
  /** Sentences; none when all is well. */
  readonly problems: readonly string[];
  /** Verdict → how many releases. */
  readonly verdicts: ReadonlyMap<string, number>;
  readonly applied: number;
  readonly jobs: number;
  readonly releases: number;
}

export async function check(world: World, repositories: readonly LoadRepository[]): Promise<Found> {
  const releases = await world.releases();
  const jobs = await world.jobs();
  const verdicts = new Map<string, number>();
  for (const { verdict = 'none' } of releases) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  const byId = new Map(releases.map((release) => [`${release.repository.id}/${release.id}`, release]));
  const problems = [
    ...(await Promise.all(repositories.map((repository) => problemsOf(world, repository, byId)))).flat(),
    ...twiceIn(jobs.map(({ jobName }) => jobName)).map((name) => `job ${name} was submitted twice`),
    ...deadLettersOf(world),
  ];
  const pushes = repositories.reduce((sum, one) => sum + one.pushes.length, 0);
  // The sweep pushes a head again whose delivery takes longer than ten minutes: then one of the two has nothing to do.
  const deploying = releases.filter(({ verdict }) => verdict !== 'nothing-to-do').length;
  if (deploying > pushes) problems.push(`${deploying} releases wanted to deploy, of ${pushes} pushes`);
  const applied = repositories.reduce((sum, one) => sum + appliedIn(one).length, 0);
  return { problems, verdicts, applied, jobs: jobs.length, releases: releases.length };
}

async function problemsOf(
  world: World,
  repository: LoadRepository,
  releases: ReadonlyMap<string, ReleaseItem>,
): Promise<string[]> {
  const problems: string[] = [];
  const newest = repository.pushes.at(-1);
  for (const { delivery, commit, number } of repository.pushes) {
    const what = `push ${number} of ${repository.name}`;
    const { pk, sk } = ledgerKeys.delivery(delivery);
    const [item] = await world.query(pk, sk);
    if (item === undefined) {
      problems.push(`${what} is lost: nobody claimed its delivery`);
      continue;
    }
    const { state, release: id } = deliveryItemSchema.parse(item);
    const release = releases.get(`${repository.id}/${id}`);
    const verdict = release?.verdict ?? 'none';
    if (state !== 'resolved' || release?.commit !== commit || !WELL.includes(verdict))
      problems.push(`${what} is lost: its delivery is ${state}, its release ${id} ended as ${verdict}`);
    if (number === newest?.number && verdict === 'superseded')
      problems.push(`${what}, the newest, was superseded`);
    const statuses = await world.statuses({ repository: repository.id, sha: commit });
    const shown = statuses.find(({ context }) => context === 'belay');
    if (shown === undefined || shown.state === 'pending')
      problems.push(`${what} shows ${shown?.state ?? 'nothing'} on GitHub`);
  }
  const applied = appliedIn(repository);
  if (applied.at(-1) !== newest?.number)
    problems.push(`${repository.name} is at ${applied.at(-1)}, not at its newest, ${newest?.number}`);
  for (const number of twiceIn(applied.map(String)))
    problems.push(`${repository.name} deployed ${number} twice`);
  if (applied.some((number, at) => number < (applied[at - 1] ?? 0)))
    problems.push(`${repository.name} went back: ${applied.join(' ')}`);
  return problems;
}

/** What is there more than once. */
const twiceIn = (all: readonly string[]): string[] => [
  ...new Set(all.filter((one, at) => all.indexOf(one) !== at)),
];

function deadLettersOf({ parts }: World): string[] {
  return parts.assembly.queues
    .filter(({ name }) => name.includes('dead-letters'))
    .map(({ name }) => ({ name, ...parts.queues.find(name).counts() }))
    .filter(({ visible, inFlight, delayed }) => visible + inFlight + delayed > 0)
    .map(({ name, visible }) => `${visible} messages are in ${name}`);
}
