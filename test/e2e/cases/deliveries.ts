/** Deliveries that come more than once, at the same time, or in the wrong order: the environment ends where it should. */
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { outcomesOf, summaryOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';

/** One component, `app`, in the environments given. */
function commitApp(repository: Repository, { environments }: { environments: object }): string {
  return repository.commit({
    'belay.yaml': manifest({ environments, components: { app: fileComponent('app') } }),
    ...fileComponents({ app: 'one\n' }),
  });
}

/** What every execution of the Release machine that a delivery started ended with. */
async function releaseExecutions(delivery: string) {
  const all = (await twin.world.executions()).filter(({ arn }) => arn.includes(':belay-release:'));
  const histories = await Promise.all(all.map(({ arn }) => twin.world.executionHistory(arn)));
  return all.filter((_, index) => JSON.stringify(histories[index]?.[0]).includes(delivery));
}

test.concurrent('a delivery sent three times at once deploys once; a redelivery does nothing', async () => {
  const repository = twin.repository('three-times');
  const directory = twin.deployed('three-times');
  commitApp(repository, {
    environments: {
      dev: environment(`${directory}/dev`),
      prod: environment(`${directory}/prod`, { after: 'dev' }),
    },
  });
  const receipt = await twin.world.push({ directory: repository.directory, deliveries: 3 });
  const report = await twin.ended(receipt);
  expect(outcomesOf(report)).toEqual({ 'dev/app': 'applied', 'prod/app': 'applied' });

  await twin.world.redeliver(receipt.delivery, 2);
  // The bus of this twin delivers each of the five twice.
  await until('all ten executions', async () => {
    const executions = await releaseExecutions(receipt.delivery);
    return executions.length === 10 && executions.every(({ status }) => status === 'SUCCEEDED');
  });
  expect(await twin.ended(receipt)).toEqual(report);
  expect((await twin.world.releases()).filter((one) => one.commit === receipt.commit)).toHaveLength(1);
  const jobs = (await twin.world.jobs()).filter(({ jobName }) => jobName.startsWith(`${report.release}-`));
  expect(jobs.map(({ jobName }) => jobName.replace(`${report.release}-`, ''))).toEqual([
    'dev-app-plan',
    'dev-app-apply',
    'prod-app-plan',
    'prod-app-apply',
  ]);
  for (const name of ['dev', 'prod'])
    expect(readFileSync(`${directory}/${name}/calls`, 'utf8')).toBe('plan app\napply app\n');
});

test.concurrent('a delivery from elsewhere is taken when it is signed, and refused when it is not', async () => {
  const { url, secret } = await twin.world.webhook();
  const body = '{"zen":"Keep it logically awesome."}';
  const answerTo = async (signedWith: string) => {
    const signature = createHmac('sha256', signedWith).update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-github-delivery': '6a1e2f0c-0000-4000-8000-000000000001',
      'x-hub-signature-256': `sha256=${signature}`,
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    return [response.status, await response.json()];
  };
  expect(await answerTo(secret)).toEqual([200, { message: 'pong' }]);
  expect(await answerTo('another secret')).toEqual([
    401,
    { message: expect.stringContaining('the signature does not match') },
  ]);
});

test.concurrent('the set-up page is opened by who may invoke its function, and by no request', async () => {
  const { assembly, functions } = twin.world.parts;
  const page = (await twin.world.webhook()).url.replace('/webhook', '/set-up');
  const visited = async (url: string) => {
    const answer = await fetch(url);
    return [answer.status, /<title>(.*)<\/title>/.exec(await answer.text())?.[1]];
  };
  const closed = [403, 'The one-time code is missing, wrong or too old'];
  expect(await visited(`${page}?open=${page}`)).toEqual(closed);
  expect(await fetch(page, { method: 'POST', body: `{"open":"${page}"}` })).toMatchObject({ status: 404 });

  const setUp = assembly.functions.find(({ handler }) => handler === 'set-up.handler');
  const { payload, failed } = await functions.invoke(setUp?.arn ?? '', JSON.stringify({ open: page }));
  expect([failed, payload]).toEqual([false, expect.stringContaining(`"${page}?code=`)]);
  const { url } = JSON.parse(payload);
  expect(await visited(url)).toEqual([200, 'Set Belay up on GitHub']);
  expect(await visited(`${url}x`)).toEqual(closed);
  // 256 bits.
  expect(url.split('=')[1]).toMatch(/^[\w-]{43}$/);
});

/** Its apply waits until the file `go` is there, and says that it does by the file `waiting`. */
function commitWaitingApp(repository: Repository, directory: string): string {
  return repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        app: fileComponent('app', [], {
          commands: {
            plan: 'mkdir -p "$DEPLOYED" && sh deploy.sh plan',
            apply:
              'touch "$DEPLOYED/waiting"; until [ -e "$DEPLOYED/go" ]; do sleep 0.05; done; sh deploy.sh apply',
          },
        }),
      },
    }),
    ...fileComponents({ app: 'one\n' }),
  });
}

/** Has GitHub take a push without delivering it: the receipt is for `redeliver`. */
async function pushUndelivered({ directory }: Repository) {
  const { guid, repository, commit } = await twin.world.parts.github.receivePush({
    directory,
    deliveries: 0,
  });
  return { delivery: guid, repository: repository.id, commit };
}

const queueIn = async (repository: Repository) =>
  (await twin.environment(repository, 'dev')).queue.map(({ commit }) => commit);

test.concurrent('pushes while the first is deploying: only the newest is deployed after it', async () => {
  const repository = twin.repository('racing');
  const directory = twin.deployed('racing');
  commitWaitingApp(repository, directory);
  const first = await twin.world.push(repository);
  await until('the apply', () => existsSync(`${directory}/waiting`));
  const second = repository.commit({ 'components/app/text': 'two\n' });
  const older = await twin.world.push(repository);
  await until('the second in the queue', async () => (await queueIn(repository)).includes(second));
  repository.commit({ 'components/app/text': 'three\n' });
  const newest = await twin.world.push(repository);
  expect(summaryOf(await twin.ended(older))).toMatchObject({
    verdict: 'superseded',
    environments: {
      dev: {
        verdict: 'superseded',
        targets: { app: 'superseded: a newer push of main, <commit>, is waiting' },
      },
    },
  });
  writeFileSync(`${directory}/go`, '');
  expect(outcomesOf(await twin.ended(first))).toEqual({ 'dev/app': 'applied' });
  expect(outcomesOf(await twin.ended(newest))).toEqual({ 'dev/app': 'applied' });
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('three\n');
});

test.concurrent('deliveries in the wrong order: the newest commit is deployed all the same', async () => {
  const repository = twin.repository('wrong-order');
  const directory = twin.deployed('wrong-order');
  commitWaitingApp(repository, directory);
  const first = await twin.world.push(repository);
  await until('the apply', () => existsSync(`${directory}/waiting`));

  // While the environment is taken: the older one comes last into the queue.
  repository.commit({ 'components/app/text': 'two\n' });
  const older = await pushUndelivered(repository);
  const third = repository.commit({ 'components/app/text': 'three\n' });
  const newer = await twin.world.push(repository);
  await until('the newer one in the queue', async () => (await queueIn(repository)).includes(third));
  await twin.world.redeliver(older.delivery);
  expect(summaryOf(await twin.ended(older))).toMatchObject({
    verdict: 'superseded',
    statuses: { belay: expect.stringContaining('a newer') },
  });
  writeFileSync(`${directory}/go`, '');
  expect(outcomesOf(await twin.ended(first))).toEqual({ 'dev/app': 'applied' });
  expect(outcomesOf(await twin.ended(newer))).toEqual({ 'dev/app': 'applied' });
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('three\n');

  // While nothing is under way: the gate keeps the older one out.
  repository.commit({ 'components/app/text': 'four\n' });
  const late = await pushUndelivered(repository);
  repository.commit({ 'components/app/text': 'five\n' });
  await twin.push(repository);
  await twin.world.redeliver(late.delivery);
  expect(summaryOf(await twin.ended(late))).toMatchObject({
    verdict: 'superseded',
    reason: 'dev was superseded: a newer commit of main, <commit>, came before it',
  });
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('five\n');

  // Of two rewritten histories the branch's head is the one that counts.
  repository.git('reset', '--quiet', '--hard', 'HEAD~1');
  repository.commit({ 'components/app/text': 'rewritten\n' });
  const abandoned = await pushUndelivered(repository);
  repository.git('reset', '--quiet', '--hard', 'HEAD~1');
  repository.commit({ 'components/app/text': 'rewritten again\n' });
  await twin.push(repository);
  await twin.world.redeliver(abandoned.delivery);
  expect(summaryOf(await twin.ended(abandoned))).toMatchObject({
    verdict: 'superseded',
    reason: 'dev was superseded: the history of main was rewritten and this commit is not its head',
  });
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('rewritten again\n');
});
