/** What goes wrong is said where it belongs, stops what depends on it, nothing else, and heals with the next push. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { targetItemSchema } from '../../../core/ledger/environment-items.ts';
import { killContainer } from '../../../local/batch/process.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { outcomesOf, summaryOf } from '../support/summary.ts';
import { until } from '../support/twin.ts';
import { withTool } from '../support/with-tool.ts';

async function expectAtRest(repository: Repository, name = 'dev') {
  const item = await twin.environment(repository, name);
  expect(item).toMatchObject({ queue: [], answers: [], writers: {} });
  expect(item.owner).toBeUndefined();
}

async function liveOf({ directory }: Repository, component: string) {
  const id = await twin.world.repositoryAt(directory);
  const [item] = await twin.world.query(`${id}/environment/dev`, `target/${component}`);
  return targetItemSchema.parse(item).live?.state;
}

test.concurrent('a broken manifest is refused with all its problems, and heals', async () => {
  const repository = twin.repository('manifest');
  const directory = twin.deployed('manifest');
  const good = {
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: { app: fileComponent('app') },
    }),
    ...fileComponents({ app: 'app\n' }),
  };
  repository.commit({
    ...good,
    'belay.yaml': `version: 1
environments:
  dev: { account: 111122223333, region: eu-west-1 }
components:
  app: { path: components/app, need: [base] }
  web: { path: components/web, needs: [ap] }
`,
  });
  const problems = [
    'belay.yaml:3:19 environments.dev.account: must be 12 digits in quotes, such as `"111122223333"`',
    'belay.yaml:5:32 components.app.need: `need` is not a known key; did you mean `needs`?',
    'belay.yaml:6:16 components.web.path: `components/web` is not a directory of this commit',
    'belay.yaml:6:40 components.web.needs: there is no component `ap`; did you mean `app`?',
  ];
  expect(summaryOf(await twin.push(repository))).toEqual({
    verdict: 'refused',
    reason: problems.join('\n'),
    environments: {},
    statuses: { belay: `failure: refused: (1 of 4 problems) ${problems[0]}` },
    executions: ['SUCCEEDED'],
  });
  repository.commit(good);
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
});

withTool(
  'failing validate, plan, apply and test: dependents are skipped, the others deployed; all heals',
  async () => {
    const repository = twin.repository('stages');
    const directory = twin.deployed('stages');
    const valid = 'output "text" {\n  value = "fine"\n}\n';
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(directory) },
        components: {
          invalid: { path: 'components/invalid' },
          unplannable: { path: 'components/unplannable' },
          unappliable: fileComponent('unappliable', [], {
            commands: { plan: 'exit 2', apply: 'mkdir -p "$DEPLOYED"; sh ./apply.sh' },
          }),
          untested: fileComponent('untested', [], { test: { run: 'grep -q good "$DEPLOYED/$NAME"' } }),
          fine: fileComponent('fine'),
          'after-all': fileComponent('after-all', [], {
            needs: ['invalid', 'unplannable', 'unappliable', 'untested', 'fine'],
          }),
          'after-that': fileComponent('after-that', [], { needs: ['after-all'] }),
          'after-fine': fileComponent('after-fine', [], { needs: ['fine'] }),
        },
      }),
      'components/invalid/main.tf': 'output "text" {\n  value = var.nowhere\n}\n',
      'components/unplannable/main.tf': 'output "text" {\n  value = file("missing")\n}\n',
      'components/unappliable/apply.sh': 'echo half > "$DEPLOYED/unappliable"; exit 3\n',
      ...fileComponents({
        untested: 'bad\n',
        fine: 'fine\n',
        'after-all': '',
        'after-that': '',
        'after-fine': '',
      }),
    });
    const failed = await twin.push(repository);
    expect(summaryOf(failed)).toEqual({
      verdict: 'failed',
      reason:
        'dev is broken (dirty: unappliable, untested): invalid failed (plan failed: components/invalid/main.tf:2: Reference to undeclared input variable), ' +
        'unappliable failed (apply failed: the apply command ended with exit code 3; it has no last good to return to), ' +
        'unplannable failed (plan failed: components/unplannable/main.tf:2: Invalid function argument), ' +
        'untested failed (test failed: the test ended with exit code 1: grep -q good "$DEPLOYED/$NAME"; it has no last good to return to), ' +
        'after-all was skipped (invalid failed, unappliable failed, unplannable failed, untested failed), ' +
        'after-that was skipped (after-all was skipped); ' +
        'redrive the execution <execution> to go on from here',
      environments: {
        dev: {
          verdict: 'broken',
          targets: {
            invalid:
              'failed: plan failed: components/invalid/main.tf:2: Reference to undeclared input variable',
            unplannable: 'failed: plan failed: components/unplannable/main.tf:2: Invalid function argument',
            unappliable:
              'failed: apply failed: the apply command ended with exit code 3; it has no last good to return to',
            untested:
              'failed: test failed: the test ended with exit code 1: grep -q good "$DEPLOYED/$NAME"; it has no last good to return to',
            fine: 'applied: 1 added',
            'after-all': 'skipped: invalid failed, unappliable failed, unplannable failed, untested failed',
            'after-that': 'skipped: after-all was skipped',
            'after-fine': 'applied: 1 added',
          },
        },
      },
      statuses: {
        belay:
          'failure: dev is broken (dirty: unappliable, untested); 8 targets: 2 applied, 4 failed, 2 skipped',
        'belay/dev/after-all':
          'failure: skipped: invalid failed, unappliable failed, unplannable failed, untested failed',
        'belay/dev/after-fine': 'success: applied: 1 to add',
        'belay/dev/after-that': 'failure: skipped: after-all was skipped',
        'belay/dev/fine': 'success: applied: 1 to add',
        'belay/dev/invalid':
          'failure: failed: plan failed: components/invalid/main.tf:2: Reference to undeclared input variable',
        'belay/dev/unappliable':
          'failure: failed: apply failed: the apply command ended with exit code 3; it has no last good to return to',
        'belay/dev/unplannable':
          'failure: failed: plan failed: components/unplannable/main.tf:2: Invalid function argument',
        'belay/dev/untested':
          'failure: failed: test failed: the test ended with exit code 1: grep -q good "$DEPLOYED/$NAME"; it has no last good to return to',
      },
      executions: ['FAILED', 'FAILED'],
    });
    await expectAtRest(repository);
    expect(existsSync(`${directory}/after-fine`)).toBe(true);
    expect(existsSync(`${directory}/after-all`)).toBe(false);
    expect(
      await Promise.all(['unappliable', 'untested', 'fine'].map((one) => liveOf(repository, one))),
    ).toEqual(['dirty', 'dirty', 'clean']);

    repository.commit({
      'components/invalid/main.tf': valid,
      'components/unplannable/main.tf': valid,
      'components/unappliable/apply.sh': 'echo whole > "$DEPLOYED/unappliable"\n',
      'components/untested/text': 'good\n',
    });
    expect(summaryOf(await twin.push(repository))).toMatchObject({
      verdict: 'succeeded',
      environments: {
        dev: {
          verdict: 'succeeded',
          targets: {
            invalid: 'applied: only outputs changed',
            unplannable: 'applied: only outputs changed',
            unappliable: expect.stringMatching(/^applied: /),
            untested: 'applied: 1 changed',
            fine: 'unchanged: not affected',
            'after-all': 'applied: 1 added',
            'after-that': 'applied: 1 added',
            'after-fine': 'unchanged: not affected',
          },
        },
      },
      statuses: { belay: 'success: 8 targets: 6 applied, 2 unchanged' },
      executions: ['SUCCEEDED', 'SUCCEEDED'],
    });
    expect(readFileSync(`${directory}/unappliable`, 'utf8')).toBe('whole\n');
    await expectAtRest(repository);
  },
);

test.concurrent('prod is deployed after dev, and left alone when dev fails', async () => {
  const repository = twin.repository('promotion');
  const directory = twin.deployed('promotion');
  repository.commit({
    'belay.yaml': manifest({
      environments: {
        prod: environment(`${directory}/prod`, { after: 'dev' }),
        dev: environment(`${directory}/dev`),
      },
      components: { app: fileComponent('app', [], { test: { run: 'grep -q good text' } }) },
    }),
    ...fileComponents({ app: 'bad\n' }),
  });
  expect(summaryOf(await twin.push(repository))).toEqual({
    verdict: 'failed',
    reason:
      'dev is broken (dirty: app): app failed (test failed: the test ended with exit code 1: grep -q good text; it has no last good to return to); ' +
      'redrive the execution <execution> to go on from here',
    environments: {
      dev: {
        verdict: 'broken',
        targets: {
          app: 'failed: test failed: the test ended with exit code 1: grep -q good text; it has no last good to return to',
        },
      },
      prod: { verdict: 'skipped', targets: { app: 'skipped: dev did not succeed' } },
    },
    statuses: {
      belay: 'failure: dev is broken (dirty: app); 2 targets: 1 failed, 1 skipped',
      'belay/dev/app':
        'failure: failed: test failed: the test ended with exit code 1: grep -q good text; it has no last good to return to',
      'belay/prod/app': 'failure: skipped: dev did not succeed',
    },
    executions: ['FAILED', 'FAILED'],
  });
  expect(existsSync(`${directory}/prod`)).toBe(false);

  repository.commit({ 'components/app/text': 'good\n' });
  const healed = await twin.push(repository);
  expect(outcomesOf(healed)).toEqual({ 'dev/app': 'applied', 'prod/app': 'applied' });
  const [dev, prod] = healed.environments.map(({ targets }) => targets[0]);
  expect(Date.parse(prod?.startedAt ?? '')).toBeGreaterThan(Date.parse(dev?.endedAt ?? ''));
});

test.concurrent('a killed apply leaves its target dirty: it is planned again though its code went back', async () => {
  const repository = twin.repository('killed');
  const directory = twin.deployed('killed');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        app: fileComponent('app', [], {
          rollback: 'off',
          commands: {
            plan: 'mkdir -p "$DEPLOYED" && sh deploy.sh plan',
            apply: 'sh ./before.sh; sh deploy.sh apply',
          },
        }),
      },
    }),
    ...fileComponents({ app: 'one\n' }),
    'components/app/before.sh': '',
  });
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });

  repository.commit({
    'components/app/text': 'two\n',
    'components/app/before.sh':
      'echo half > "$DEPLOYED/app"; touch "$DEPLOYED/half"; until [ -e "$DEPLOYED/go" ]; do sleep 0.05; done\n',
  });
  const receipt = await twin.world.push(repository);
  await until('the apply', () => existsSync(`${directory}/half`));
  expect(await liveOf(repository, 'app')).toBe('dirty');
  const job = (await twin.world.jobs()).find(
    ({ jobName, status }) => status === 'RUNNING' && jobName.includes(receipt.commit.slice(0, 7)),
  );
  killContainer(join(twin.folder, 'state', 'jobs', job?.jobId ?? ''));
  const killed = await twin.ended(receipt);
  expect(summaryOf(killed)).toMatchObject({
    verdict: 'failed',
    environments: {
      dev: {
        verdict: 'broken',
        targets: {
          app: 'failed: apply failed: the job was killed, perhaps for lack of memory, exit code 137',
        },
      },
    },
  });
  expect(await liveOf(repository, 'app')).toBe('dirty');
  await expectAtRest(repository);

  repository.git('revert', '--no-edit', 'HEAD');
  writeFileSync(`${directory}/calls`, '');
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
  expect(readFileSync(`${directory}/calls`, 'utf8')).toBe('plan app\napply app\n');
  expect(readFileSync(`${directory}/app`, 'utf8')).toBe('one\n');
  expect(await liveOf(repository, 'app')).toBe('clean');
  await expectAtRest(repository);
});
