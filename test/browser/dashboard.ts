/**
 * `npm run screenshots -- dashboard`: makes docs/images/dashboard.png. An afternoon of a small repository is played on a twin: good
 * pushes, one that is rolled back, one that leaves its environment broken, plans, and a change that waits for a person.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE } from '../../core/metrics/metrics.ts';
import { boardOf } from '../../local/watch/board.ts';
import { toldIn } from '../../local/watch/told.ts';
import { openWorld, type World } from '../../local/world.ts';
import { environment, fileComponent, fileComponents, manifest } from '../e2e/support/components.ts';
import { makeRepository, type Repository } from '../e2e/support/repository.ts';
import { launchChromium } from './support/chromium.ts';
import { dashboardPage, PAGE_WIDTH } from './support/dashboard-page.ts';

/** What is an afternoon in life takes minutes here: it is told in so many periods. */
const PERIODS = 12;

/** Applies what it should, unless a file beside it says otherwise. */
const APPLY =
  'test -e "$DEPLOYED/gone" && exit 4; sh deploy.sh apply; test ! -e fails || { touch "$DEPLOYED/$(cat fails)"; exit 3; }';

interface Stage {
  readonly world: World;
  readonly repository: Repository;
  /** Where the environments are deployed to. */
  readonly deployed: (environment: string) => string;
}

async function push({ world, repository }: Stage, files: Parameters<Repository['commit']>[0]): Promise<void> {
  repository.commit(files);
  await world.push({ directory: repository.directory });
  await world.resting();
  await world.sweep();
}

async function plan(
  { world, repository }: Stage,
  branch: string,
  files: Parameters<Repository['commit']>[0],
) {
  repository.git('switch', '--quiet', '--create', branch);
  repository.commit(files);
  await world.pull({ directory: repository.directory, ref: branch });
  await world.resting();
  repository.git('switch', '--quiet', 'main');
}

async function play(stage: Stage): Promise<void> {
  const { world, deployed } = stage;
  const component = (name: string, inputs: string[] = []) => {
    const { commands, ...rest } = fileComponent(name, inputs);
    return { ...rest, commands: { ...commands, apply: APPLY } };
  };
  const components = {
    network: component('network'),
    database: component('database', ['network']),
    app: component('app', ['network', 'database']),
  };
  const environments = {
    dev: environment(deployed('dev')),
    prod: environment(deployed('prod'), { after: 'dev', approval: 'on-destroy' }),
  };
  const asking = { ...environments, prod: { ...environments.prod, approval: 'always' } };
  const belay = (of: object) => ({ 'belay.yaml': manifest({ environments: of, components }) });
  const app = (text: string) => ({ 'components/app/text': `${text}\n` });
  await push(stage, { ...belay(environments), ...fileComponents({ network: 'a', database: 'b', app: 'c' }) });
  await plan(stage, 'title', app('a new title'));
  await push(stage, app('two'));
  await push(stage, { ...app('three'), 'components/app/fails': 'tried' });
  await push(stage, { ...app('four'), 'components/app/fails': null });
  await plan(stage, 'ropes', app('ropes'));
  await push(stage, { ...app('five'), 'components/app/fails': 'gone' });
  rmSync(join(deployed('dev'), 'gone'));
  await push(stage, { ...app('six'), 'components/app/fails': null });
  await push(stage, { ...belay(asking), ...app('seven') });
  await push(stage, app('eight'));
  await world.sweep();
}

/** `images`: the folder of the picture. */
export async function pictureOfDashboard(images: string, cdkOut: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'belay-dashboard-'));
  const deployed = (name: string) => join(folder, 'deployed', name);
  const repository = makeRepository(join(folder, 'shop'));
  const world = await openWorld({
    ...{ stateDir: join(folder, 'state'), cdkOut, github: 'app' },
    environment: { PATH: process.env.PATH, HOME: folder },
  });
  try {
    for (const name of ['dev', 'prod']) mkdirSync(deployed(name), { recursive: true });
    await play({ world, repository, deployed });
    const { assembly, functions, notices } = world.parts;
    const told = toldIn(functions.logs, assembly.functions);
    const now = Date.now();
    const from = told.find(({ namespace }) => namespace === NAMESPACE)?.at ?? now;
    const periodSeconds = Math.max(1, Math.round((now - from) / PERIODS / 1000));
    const widgets = assembly.widgets.map((widget) => ({
      ...widget,
      metrics: widget.metrics.map((metric) => ({ ...metric, periodSeconds })),
    }));
    const board = await boardOf({ widgets, alarms: assembly.alarms }, { told, notices: notices.all(), now });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage({ viewport: { width: PAGE_WIDTH, height: 900 } });
      await page.setContent(dashboardPage(board, { from: from - periodSeconds * 1000, to: now }));
      const image = await page.screenshot({ path: join(images, 'dashboard.png'), fullPage: true });
      process.stdout.write(`docs/images/dashboard.png: ${Math.round(image.length / 1024)} KB\n`);
    } finally {
      await browser.close();
    }
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
