/** `npm run demo [-- --state-dir DIR] [--serve] [--port N]`: tells the story of a shop that Belay deploys, from a pull request to a fix. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PAGE_PORT, type ServedPage, servePage } from '../page/serve-page.ts';
import { ownStateDirectory, StateDirectoryInUse } from '../world/state-directory.ts';
import { copyShop } from './demo/shop.ts';
import { Stage } from './demo/stage.ts';
import { tellStory } from './demo/story.ts';
import { StoryBroken, Telling } from './demo/telling.ts';
import { closeOnInterrupt } from './interrupt.ts';
import { openTwin as openPlainTwin } from './open-twin.ts';
import { table } from './table.ts';
import { EXIT } from './usage.ts';
import { port } from './values.ts';
import { duration } from './words-for-people.ts';

const USAGE = 'usage: npm run demo [-- --state-dir DIR] [--serve] [--port N]';
const complain = (line: string) => void process.stderr.write(`${line}\n`);

function refuse(reason: string): never {
  complain(`belay: ${reason}`);
  process.exit(EXIT.badInput);
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        'state-dir': { type: 'string', default: join(import.meta.dirname, '../../.belay/demo') },
        serve: { type: 'boolean', default: false },
        port: { type: 'string', default: String(PAGE_PORT) },
      },
    });
    return { ...values, port: port(values.port) };
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

const values = options();
const stateDir = resolve(values['state-dir']);
const shop = join(stateDir, 'shop');
const deployed = join(stateDir, 'deployed');
const marker = join(stateDir, 'made-by-the-demo');
const here = (path: string) => relative(process.cwd(), path) || '.';

/** A demo that still serves its page keeps what it shows. */
function refuseWhileInUse(): void {
  try {
    ownStateDirectory(stateDir).release();
  } catch (error) {
    if (!(error instanceof StateDirectoryInUse)) throw error;
    refuse(`process ${error.owner.pid} uses ${stateDir}: end it, or name another directory with --state-dir`);
  }
}

function whatHappened({ rows }: Stage): string[] {
  const head = ['', 'release', 'ended', 'jobs', 'took'];
  const lines = rows.map(({ what, release, ended, jobs, milliseconds }) => [
    ...[what, release, ended],
    ...[String(jobs), duration(milliseconds)],
  ]);
  const sum = (of: 'jobs' | 'milliseconds') => rows.reduce((total, row) => total + row[of], 0);
  const total = ['together', '', '', String(sum('jobs')), duration(sum('milliseconds'))];
  return table([head, ...lines, total], [3, 4]);
}

function whatNext({ rows }: Stage): string[] {
  const local = (command: string) => `  npm run local -- ${command} --state-dir ${here(stateDir)}`;
  const fallen = rows.find(({ ended }) => ended.startsWith('failed'))?.release ?? '';
  const gateway = join(deployed, 'prod', 'gateway');
  return [
    'Look at it:',
    local('history'),
    local(`status --release ${fallen}`),
    local(`log --release ${fallen} --target dev/worker`),
    local(`comment --repo ${here(shop)} '/belay status' --as ada`),
    'Open the shop:',
    `  npx node ${here(join(gateway, 'current/server.mjs'))} ${here(join(gateway, 'routes.json'))} 8080`,
    ...(values.serve ? [] : ['See it in a browser:', local('serve')]),
    'Take a repository of your own through it:',
    '  npm run local -- push --repo DIR',
    '  npm run local -- plan --repo DIR --ref BRANCH',
  ];
}

// The demo begins with nothing. Only what an earlier demo left is removed.
if (existsSync(stateDir) && !existsSync(marker))
  refuse(`${stateDir} is not an earlier demo's; name a directory that does not exist yet`);
if (existsSync(stateDir)) refuseWhileInUse();
rmSync(stateDir, { recursive: true, force: true });
copyShop(shop, deployed);
writeFileSync(marker, '');
const telling = new Telling(process.stdout, process.env);
telling.say(
  telling.strong('Belay: a small shop, from a pull request to a rollback and its fix.'),
  'What would run in AWS runs on this machine; the real tool deploys into a directory; GitHub is a local one.',
);
const { openTwin, spared } = closeOnInterrupt(openPlainTwin, complain);
const twin = await openTwin({ stateDir, github: 'app' });
let page: ServedPage | undefined;
try {
  const password = { name: 'shop/admin-password', value: 'correct horse battery staple' };
  await twin.putSecret({ directory: shop, ...password });
  const stage = new Stage({ twin, telling, shop, deployed });
  if (values.serve) {
    page = await servePage(twin, { port: values.port }).catch((error: Error) => refuse(error.message));
    telling.say('', `Watch it at ${page.url}`);
  }
  await tellStory(stage);
  telling.say(
    '',
    telling.strong('What happened, and what it took'),
    ...whatHappened(stage),
    '',
    ...whatNext(stage),
  );
  if (page !== undefined)
    telling.say('', telling.strong(`The local GitHub is at ${page.url}`), 'Ctrl-C ends it.');
} catch (error) {
  if (!(error instanceof StoryBroken)) throw error;
  complain(`belay: the demo did not come as it should: ${error.message}`);
  await page?.close();
  page = undefined;
  complain(`belay: everything is as it was then: npm run local -- history --state-dir ${here(stateDir)}`);
  process.exitCode = EXIT.failed;
} finally {
  await spared();
  // The page keeps the process until Ctrl-C.
  if (page === undefined) await twin.close();
}
