/**
 * `npm run load [-- --deliveries N --times N --repositories N --seed N]`: pushes to many repositories, every delivery several times, in
 * any order; then the whole archive once more. Prints figures, and ends with 1 where a delivery was lost or a commit deployed twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../../local/cli/table.ts';
import { openWorld } from '../../local/world.ts';
import { check } from './check.ts';
import { replayAll } from './replay.ts';
import { pushAll } from './repositories.ts';
import { send, shuffled } from './send.ts';

const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '1000' },
    times: { type: 'string', default: '3' },
    repositories: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
  },
});
const [deliveries, times, count, seed] = [
  values.deliveries,
  values.times,
  values.repositories,
  values.seed,
].map(Number) as [number, number, number, number];
const commits = deliveries / count;
if (![commits, times, count, seed].every((one) => Number.isInteger(one) && one > 0)) {
  process.stderr.write(
    'usage: npm run load -- [--deliveries N] [--times N] [--repositories N, of which deliveries are a multiple] [--seed N]\n',
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'belay-load-'));
const stateDir = join(folder, 'twin');
const tell = (line: string) => process.stderr.write(`${line}\n`);
const secondsSince = (begun: number) => Math.round((performance.now() - begun) / 1000);

const complaints: string[] = [];
const world = await openWorld({
  stateDir,
  cdkOut: join(import.meta.dirname, '../../cdk.out'),
  environment: { PATH: process.env.PATH, HOME: folder },
  log: (message) => void complaints.push(message),
});
// So many pushes within minutes are more calls than one installation may make within an hour, which is not what is tried here.
world.parts.github.limits.perHour = Number.POSITIVE_INFINITY;
try {
  tell(`pushing ${commits} commits to each of ${count} repositories …`);
  const repositories = [];
  for (let number = 1; number <= count; number += 1)
    repositories.push(await pushAll(world, { folder, name: `load-${number}`, commits }));

  const all = repositories.flatMap(({ pushes }) => pushes.map(({ delivery }) => delivery));
  const order = shuffled(Array.from({ length: times }, () => all).flat(), seed);
  tell(`delivering ${order.length} times …`);
  let begun = performance.now();
  const posted = await send(world, order, (done) => tell(`  ${done} delivered`));
  await world.settled();
  const took = secondsSince(begun);
  const before = await check(world, repositories);

  tell('replaying the archive …');
  begun = performance.now();
  const replayed = await replayAll(world, stateDir);
  const replayTook = secondsSince(begun);
  const after = await check(world, repositories);

  // 0: it took longer than the ten seconds that GitHub waits. It may have been served all the same.
  const late = posted.filter(({ status }) => status === 0).length;
  const refused = posted.filter(({ status }) => status !== 202 && status !== 0).length;
  const answered = posted
    .map(({ milliseconds }) => Math.round(milliseconds))
    .sort((one, other) => one - other);
  const at = (share: number) => answered[Math.floor(share * (answered.length - 1))];
  const problems = [...before.problems, ...after.problems, ...complaints];
  if (refused > 0) problems.push(`${refused} posts were refused`);
  if (after.jobs !== before.jobs) problems.push(`the replay ran ${after.jobs - before.jobs} jobs`);

  const verdicts = [...after.verdicts].map(([verdict, number]) => `${number} ${verdict}`).join(', ');
  const executions = world.parts.executions.entries().length;
  process.stdout.write(
    `${table(
      [
        [
          'deliveries',
          String(all.length),
          `of ${count} repositories, each ${times} times, shuffled (seed ${seed})`,
        ],
        [
          'posts',
          String(posted.length),
          `answered within ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ${at(1)} ms (all); ${late} later than GitHub waits`,
        ],
        [
          'lost',
          String(problems.filter((one) => one.includes(' is lost')).length),
          'without a release that has ended well',
        ],
        ['releases', String(after.releases), verdicts],
        [
          'deployed',
          String(after.applied),
          `commits; ${problems.filter((one) => / deployed .* twice/.test(one)).length} of them twice`,
        ],
        ['jobs', String(after.jobs), `${executions} executions, children of Maps included`],
        ['replayed', String(replayed), `events, ${replayTook} s: ${after.jobs - before.jobs} jobs more`],
        ['took', `${took} s`, `on ${availableParallelism()} cores, Node ${process.versions.node}`],
      ],
      [1],
    ).join('\n')}\n`,
  );
  for (const problem of problems.slice(0, 50)) tell(`✗ ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
}
