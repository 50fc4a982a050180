/** The story that `npm run demo` tells of the shop; whatever it says was looked up before. Called by `demo.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { textOf } from '../markdown-text.ts';
import type { CheckPage, PushReceipt } from '../twin.ts';
import { commitAll, mergeBranch, startBranch } from './shop.ts';
import type { Played, Stage } from './stage.ts';

const TITLE = 'components/web/site/title.txt';
const SCRIPT = 'components/worker/files/restock.mjs';
const WORKER = ['belay', 'belay/dev/worker', 'belay/prod/worker'];
const APPROVE = '/belay approve prod';

/** @throws StoryBroken when something does not come as it is told. */
export async function tellStory(stage: Stage): Promise<void> {
  const first = await deployMain(stage);
  await mergeWithApproval(stage, await openPull(stage));
  await mergeWhatFails(stage, first);
  await mergeTheFix(stage);
}

async function deployMain(stage: Stage): Promise<string> {
  const { telling, twin, shop: directory } = stage;
  telling.chapter(
    'The shop is deployed',
    'Mira pushes main: nine components in two environments, dev and prod.',
    'Belay deploys them to dev, each as soon as what it needs is there, then to prod.',
  );
  const commit = commitAll(directory, 'The shop');
  const played = await stage.play('the shop, to dev and prod', () => twin.push({ directory }));
  telling.checks(named(played, 'belay'));
  succeeded(stage, played, 'everything is deployed, and the commit says so', '18 targets: 18 applied');
  isTitled(stage, 'prod', 'The Belay Shop');
  return commit;
}

interface Pull {
  readonly number: number;
  readonly repository: number;
  readonly branch: string;
  readonly title: string;
}

async function openPull(stage: Stage): Promise<Pull> {
  const { telling } = stage;
  telling.chapter(
    'A pull request',
    'Mira gives the shop a new title on a branch and opens a pull request.',
    'Belay plans what merging it would change, everywhere at once, with powers to read only.',
  );
  const change = () => writeFileSync(join(stage.shop, TITLE), 'The Belay Shop: ropes and more\n');
  const { pull, played } = await propose(stage, { branch: 'title', title: 'A new title', change });
  telling.checks(named(played, 'belay', 'belay/dev/web', 'belay/prod/web'));
  telling.quote('The check belay/prod/web', textOf(pageOf(played, 'belay/prod/web').details));
  const comment = await stage.comment(pull, 'What merging this would change');
  telling.quote(`Belay's one comment on #${pull.number}`, comment);
  const inDev = played.pages.flatMap(({ name }) => (name.startsWith('belay/dev/') ? [name.slice(10)] : []));
  telling.fact(
    'only web was planned, and what builds on it',
    isDeepStrictEqual(inDev, ['gateway', 'monitoring', 'web']),
    inDev.join(', '),
  );
  const asks = comment.find((line) => line.startsWith('- prod/web: it would replace')) ?? '';
  telling.fact('that prod will ask a person is known before the merge', asks !== '', comment.join(' '));
  isTitled(stage, 'prod', 'The Belay Shop');
  return pull;
}

async function mergeWithApproval(stage: Stage, pull: Pull): Promise<void> {
  const { telling } = stage;
  telling.chapter(
    'The merge, and a person who is asked',
    `Mira merges #${pull.number}. Belay deploys it to dev; in prod it plans, then asks, for something would be replaced there.`,
    `Ada looks at the plan and comments: ${APPROVE}`,
  );
  const asking = await merge(stage, pull, (what, start) => stage.playUntilAsked(what, start));
  telling.checks(named(asking, 'belay/dev/web', 'belay/prod/web'));
  const { state, title, buttons } = pageOf(asking, 'belay/prod/web');
  telling.fact(
    'prod waits for a person',
    asking.report.verdict === 'waiting' && state === 'action_required' && buttons.includes('Approve'),
    `${state}: ${title}`,
  );
  isTitled(stage, 'dev', 'The Belay Shop: ropes and more');
  isTitled(stage, 'prod', 'The Belay Shop');
  const played = await stage.answer(asking, { by: 'ada', body: APPROVE });
  telling.fact('Ada may, and her comment gets a thumb up', played.reaction === '+1', played.reaction);
  telling.say('');
  telling.checks(named(played, 'belay', 'belay/dev/web', 'belay/prod/web'));
  succeeded(stage, played, 'exactly the plan that Ada saw is applied', '18 targets: 2 applied, 16 unchanged');
  isTitled(stage, 'prod', 'The Belay Shop: ropes and more');
}

/** Asks the products for a column they do not have. */
const tooMuch = (script: string) =>
  script.replace('SELECT name, pieces', 'SELECT name, supplier, pieces').replace('pieces < 5', 'pieces < 20');

async function mergeWhatFails(stage: Stage, first: string): Promise<void> {
  const { telling } = stage;
  telling.chapter(
    'A merge that breaks half-way',
    'Mira wants the restock report to name suppliers. The plan looks harmless; that there is no such column, only the apply finds out.',
    'Belay brings dev back to its last good commit, verifies that, and does not touch prod.',
  );
  const change = () => edit(stage, tooMuch);
  const { pull, played } = await propose(stage, { branch: 'supplier', title: 'Name the supplier', change });
  telling.checks(named(played, 'belay/dev/worker'));
  telling.fact('its plan is fine', played.report.verdict === 'succeeded', played.report.reason);
  const before = stage.everything();
  const fallen = await merge(stage, pull, (what, start) => stage.play(what, start));
  const log = await stage.applyLog(fallen, 'dev/worker');
  const broken = log.findIndex((line) => line.includes('no such column: supplier'));
  const heart = log
    .slice(0, broken + 1)
    .filter((line) => /Destruction complete|Creation complete|no such column/.test(line))
    .map((line) => line.replace(/^\S+Z /, '').replace(/ \[id=.*/, ''));
  telling.quote('What its apply did in dev', heart);
  telling.checks(named(fallen, ...WORKER));
  const comment = (await stage.comment(pull, 'Merged as ')).slice(0, 3);
  telling.quote(`Belay's comment on #${pull.number}, now`, comment);
  telling.fact(
    'it broke after it had removed the old report',
    heart.some((line) => line.includes('first_run: Destruction complete')),
    log.join('\n'),
  );
  const worker = pageOf(fallen, 'belay/dev/worker');
  telling.fact(
    `the worker is back at ${first.slice(0, 7)}, the commit it was last good at`,
    worker.state === 'failure' && worker.title.startsWith(`rolled back to ${first.slice(0, 7)} after: `),
    worker.title,
  );
  telling.fact(
    'the pull request says so, too',
    comment.some((line) => line.startsWith(`dev is back at ${first.slice(0, 7)}; `)),
    comment.join(' '),
  );
  const verdicts = fallen.report.environments.map(({ name, verdict }) => `${name} ${verdict}`).join(', ');
  telling.fact(
    'dev is whole again, prod was never begun',
    verdicts === 'dev rolled-back, prod skipped',
    verdicts,
  );
  const after = stage.everything();
  telling.fact(
    `all ${Object.keys(before).length} files of the shop are byte for byte as before the merge`,
    isDeepStrictEqual(after, before),
    differences(before, after),
  );
}

async function mergeTheFix(stage: Stage): Promise<void> {
  const { telling } = stage;
  telling.chapter(
    'The fix',
    'Mira leaves the supplier out again and merges that; prod asks once more, and Ada approves.',
    'Belay goes on from the last good commit, as if the merge before had never been.',
  );
  const change = () => edit(stage, (script) => script.replace('name, supplier, pieces', 'name, pieces'));
  const { pull } = await propose(stage, { branch: 'fix', title: 'No supplier yet', change });
  const asking = await merge(stage, pull, (what, start) => stage.playUntilAsked(what, start));
  const played = await stage.answer(asking, { by: 'ada', body: APPROVE });
  telling.checks(named(played, ...WORKER));
  succeeded(stage, played, 'dev and prod have the new report', '18 targets: 2 applied, 16 unchanged');
  const report = stage.read('prod/worker/restock.json');
  telling.fact('it lists the three products that run low', report.split('"name"').length === 4, report);
}

/** Commits a change on a branch and opens a pull request. */
async function propose(
  stage: Stage,
  { branch, title, change }: Pick<Pull, 'branch' | 'title'> & { readonly change: () => void },
): Promise<{ readonly pull: Pull; readonly played: Played }> {
  const { twin, shop: directory } = stage;
  startBranch(directory, branch);
  change();
  commitAll(directory, title);
  const played = await stage.play(`plan of “${title}”`, () => twin.pull({ directory, ref: branch }));
  const { number, repository } = played.receipt;
  return { pull: { number, repository, branch, title }, played };
}

/** Merges a pull request, and pushes what came of it. */
function merge<Result>(
  { twin, shop: directory }: Stage,
  { number, branch, title }: Pull,
  play: (what: string, start: () => Promise<PushReceipt>) => Result,
): Result {
  mergeBranch(directory, branch, `Merge #${number}: ${title}`);
  return play(`merge of #${number}`, () => twin.push({ directory }));
}

function edit({ shop }: Stage, change: (script: string) => string): void {
  const path = join(shop, SCRIPT);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

function named({ pages }: Played, ...names: readonly string[]): CheckPage[] {
  return pages.filter(({ name }) => names.includes(name));
}

function pageOf({ pages }: Played, wanted: string): CheckPage {
  const missing = {
    name: wanted,
    state: 'missing',
    title: 'no such check',
    summary: '',
    details: '',
    buttons: [],
  };
  return pages.find(({ name }) => name === wanted) ?? missing;
}

function succeeded({ telling }: Stage, played: Played, text: string, title: string): void {
  const { state, ...belay } = pageOf(played, 'belay');
  const isSo = played.report.verdict === 'succeeded' && state === 'success' && belay.title === title;
  telling.fact(text, isSo, `${played.report.verdict}: ${state}: ${belay.title}`);
}

function isTitled(stage: Stage, environment: string, title: string): void {
  const page = stage.read(environment, 'web/current/index.html');
  const found = /<title>(.*)<\/title>/.exec(page)?.[1] ?? 'no page';
  stage.telling.fact(`${environment} shows “${title}”`, found === title, found);
}

function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return `changed: ${paths.filter((path) => before[path] !== after[path]).join(', ')}`;
}
