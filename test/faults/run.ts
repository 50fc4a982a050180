/** One run of a scenario: with nothing wrong, to find its points, or with one fault, to see what becomes of it. Called by `faults.test.ts` and `main.ts`. */
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { Json } from '../../local/asl/json.ts';
import type { OnCall } from '../grants/port-calls.ts';
import { problemsOf, releasesOf, type Told } from './checks.ts';
import { Cloud } from './cloud.ts';
import { type Fault, type Point, Points } from './points.ts';
import { REPOSITORY, Repository } from './repository.ts';
import { BASE, type Scenario } from './scenarios.ts';
import { type Beginning, HOUR, MINUTE, World } from './world.ts';

/** How often people act on a release that did not come to its end, before that counts as failure. */
const ROUNDS = 3;

/** How a run has ended. */
export interface Run {
  /** Empty when all is well. */
  readonly problems: readonly string[];
  readonly points: readonly Point[];
  readonly trail: readonly string[];
  /** How often people had to redrive. */
  readonly rounds: number;
}

/** Before anything was ever pushed. */
const nothing = (): Beginning => ({
  ...{ repository: new Repository(), now: Date.parse('2026-11-20T10:00:00.000Z') },
  ...{ items: [], objects: new Map(), cloud: new Cloud(), generation: 1 },
});

const onto = (beginning: Beginning, points = new Points()) =>
  new World({ ...beginning, repository: new Repository(beginning.repository) }, points);

/** A world in which everything of `BASE` is deployed, by Belay itself. */
async function deployBase(): Promise<Beginning> {
  const world = onto(nothing());
  await pushAndRest(world, BASE.versions);
  const problems = [...problemsOf(world), ...valueProblems(world, BASE.values)];
  if (problems.length > 0) throw new Error(`deploying the base: ${problems.join('; ')}`);
  return world.present;
}
let base: Promise<Beginning> | undefined;

/** Where the runs of a scenario begin: at the base, or after what comes before them. */
async function beginningOf({ name, before }: Scenario): Promise<Beginning> {
  base ??= deployBase();
  if (before === undefined) return base;
  const world = onto(await base);
  for (const stage of before.fails) world.fails.add(stage);
  await pushAndRest(world, before.versions);
  const problems = problemsOf(world);
  if (problems.length > 0) throw new Error(`before ${name}: ${problems.join('; ')}`);
  return world.present;
}
const beginnings = new Map<string, Promise<Beginning>>();

/** Chance is the same in every run of a seed. */
function seedChance(seed: number): void {
  let state = seed;
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `onCall` hears of every call of a function's port. */
export async function run(scenario: Scenario, fault?: Fault, onCall?: OnCall): Promise<Run> {
  const known = beginnings.get(scenario.name) ?? beginningOf(scenario);
  beginnings.set(scenario.name, known);
  const beginning = await known;
  seedChance(fault?.n ?? 0);
  const points = new Points(fault, onCall);
  const world = onto(beginning, points);
  for (const stage of scenario.fails) world.fails.add(stage);
  let rounds = 0;
  const problems: string[] = [];
  const checked = (isAtRest: boolean) => {
    if (!isAtRest) problems.push('the world has not come to rest');
    problems.push(...problemsOf(world));
    return problems.length === 0;
  };
  const ended = () => ({ problems, rounds, points: points.seen, trail: world.lines });

  points.begin();
  const commits: string[] = [];
  for (const { versions, seconds } of scenario.pushes) {
    const commit = world.repository.commit(versions);
    commits.push(commit);
    world.request(world.repository.push(commit));
    await world.until(() => false, seconds * 1000);
  }
  if (scenario.order !== undefined) await order(world, scenario.order);
  const isAtRest = await rest(world);
  points.end();
  if (fault !== undefined && points.struck === undefined) problems.push('the fault did not strike');
  if (!checked(isAtRest)) return ended();
  while (endProblems(scenario, commits, world).length > 0 && rounds < ROUNDS && fault !== undefined) {
    rounds += 1;
    await actAsPeople(world);
    if (!checked(await rest(world))) return ended();
  }
  problems.push(...endProblems(scenario, commits, world));
  if (problems.length > 0) return ended();

  world.trail('--- the next push');
  world.fails.clear();
  const commit = await pushAndRest(world, scenario.next.versions);
  problems.push(...problemsOf(world), ...valueProblems(world, scenario.next.values));
  const { verdict } = newestOf(commit, world)?.item ?? {};
  if (verdict !== 'succeeded') problems.push(`the next push has ${verdict}`);
  return ended();
}

async function pushAndRest(world: World, versions: Scenario['next']['versions']): Promise<string> {
  const commit = world.repository.commit(versions);
  world.request(world.repository.push(commit));
  await rest(world);
  return commit;
}

/** Time until the next sweep: a quarter of an hour, and where nothing but time helps the harness looks less often. */
const pauseBefore = (sweep: number) => (sweep < 8 ? 15 * MINUTE : sweep < 16 ? 6 * HOUR : 24 * HOUR);

/** Until nothing runs and two sweeps in a row had nothing to do; people answer when they are asked. */
async function rest(world: World): Promise<boolean> {
  let idle = 0;
  for (let sweep = 0; sweep < 50; sweep++) {
    const pause = pauseBefore(sweep);
    const now = world.clock.now();
    const isQuiet = await world.until(() => world.isQuiet, pause);
    await world.until(() => false, now + pause - world.clock.now());
    await approveAll(world);
    const done = await world.sweep();
    for (const line of done) world.trail(`swept: ${line}`);
    await world.settle();
    idle = isQuiet && world.isQuiet && done.length === 0 ? idle + 1 : 0;
    if (idle === 2) return true;
  }
  return false;
}

async function approveAll(world: World): Promise<void> {
  for (const { pk, sk, answer } of [...world.ledger.items.values()]) {
    const [kind, , environment, component] = String(sk).split('/');
    const release = String(pk).split('/')[2];
    if (kind !== 'approval' || answer !== undefined) continue;
    await ask(world, { action: 'approve', release, environment, component });
  }
}

/** What the runbook says: unlock what a killed tool has left locked, then redrive what has not come to its end. */
async function actAsPeople(world: World): Promise<void> {
  const releases = releasesOf(world);
  const release = releases.at(-1)?.item.id;
  for (const key of [...world.store.objects.keys()]) {
    const [, environment, component] = /\/state\/(.+)\/(.+)\.tfstate\.tflock$/.exec(key) ?? [];
    if (environment !== undefined) await ask(world, { action: 'unlock', release, environment, component });
  }
  for (const { item } of releases) {
    if (world.machines.statusOf(item.execution) === 'SUCCEEDED') continue;
    await ask(world, { action: 'redrive', release: item.id, older: false });
  }
  // One that was stopped before it had a name can only be redriven in the console.
  const named = new Set(releases.map(({ item }) => item.execution));
  for (const { arn } of world.machines.failedReleases) {
    if (!named.has(arn)) await world.machines.redrives.redrive(arn);
  }
}

async function ask(world: World, order: object, by = 'ada'): Promise<Json | undefined> {
  world.trail(`${by}: ${JSON.stringify(order)}`);
  const command = { ...order, repository: REPOSITORY.id, by };
  return world.functions.invoke('Command', command).catch(() => undefined);
}

/** Whoever gets no answer asks again. */
async function order(world: World, wish: NonNullable<Scenario['order']>): Promise<void> {
  for (let tries = 0; tries < ROUNDS; tries++) {
    if ((await ask(world, wish, 'mira')) !== undefined) return;
  }
}

const newestOf = (commit: string, world: World): Told | undefined => {
  const { pk } = ledgerKeys.commit(REPOSITORY.id, commit);
  const id = world.ledger.items.get(`${pk} commit`)?.release;
  return releasesOf(world).find(({ item }) => item.id === id);
};

/** The releases of the pushes, and of what was asked for: the first, where it was asked twice. */
function toldOf({ order }: Scenario, commits: readonly string[], world: World): (Told | undefined)[] {
  const pushed = commits.map((commit) => newestOf(commit, world));
  const asked = releasesOf(world).find(({ item }) => item.operation !== 'apply');
  return order === undefined ? pushed : [...pushed, asked];
}

/** What is not yet as it is to be in the end. */
function endProblems(scenario: Scenario, commits: readonly string[], world: World): string[] {
  const told = toldOf(scenario, commits, world);
  const { ends } = scenario;
  const end = told.at(-1)?.deployments.find(({ environment }) => environment === ends.environment)?.verdict;
  return [
    ...told.flatMap((release, index) => {
      const { verdict = 'none', reason = '' } = release?.item ?? {};
      const wanted = scenario.verdicts[index] ?? [];
      // A delivery that comes late finds the push served: the sweep has missed it.
      const isServed = verdict === 'nothing-to-do' && wanted.includes('succeeded');
      const isIt = wanted.includes(verdict) || isServed;
      return isIt ? [] : [`release ${index + 1} ends ${verdict} (${reason})`];
    }),
    ...(end === ends.verdict ? [] : [`${ends.environment} ends ${end}`]),
    ...valueProblems(world, scenario.values),
  ];
}

function valueProblems({ cloud }: World, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([target, value]) => {
    const found = cloud.valueOf(target);
    return found === value ? [] : [`${target} is ${found}, not ${value}`];
  });
}
