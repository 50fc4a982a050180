/** Failures in the cloud, and where the environment is afterwards: through the whole local twin, the first of them with the real tool. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stateKey } from '../../../core/keys.ts';
import { environment, fileComponent, fileComponents, manifest } from '../support/components.ts';
import type { Repository } from '../support/repository.ts';
import { twin } from '../support/shared-twin.ts';
import { summaryOf } from '../support/summary.ts';
import { withTool } from '../support/with-tool.ts';

/** The managed state of a component without what changes with every write. */
async function stateOf(repository: Repository, component: string) {
  const id = (await twin.world.repositoryAt(repository.directory)) ?? 0;
  const body = await twin.world.artifact(stateKey(id, 'dev', component));
  const { resources, outputs, lineage } = JSON.parse(Buffer.from(body ?? '').toString('utf8'));
  return { resources, outputs, lineage };
}

/** A component whose one resource holds the file `text`, and what it is given. */
const code = (input: string) => `
variable "above" {
  type    = string
  default = ""
}
resource "terraform_data" "main" {
  input = { text = trimspace(file("\${path.module}/text")), above = var.above }
}
output "text" {
  value = "${input}\${terraform_data.main.output.text}"
}
`;

/** One more resource, which is never finished. */
const half = `
resource "terraform_data" "half" {
  depends_on = [terraform_data.main]
  provisioner "local-exec" {
    command = "exit 3"
  }
}
`;

withTool(
  'an apply that fails half-way in the middle of the chain: the states are those of the last good commit again',
  async () => {
    const repository = twin.repository('middle');
    const chained = (name: string, above: string) => ({
      path: `components/${name}`,
      needs: [above],
      inputs: { above: `${above}.text` },
    });
    const check =
      'mkdir -p "$DEPLOYED" && test "$BELAY_OUTPUT_TEXT" = "database $(cat text)" && cat text >> "$DEPLOYED/tests"';
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(twin.deployed('middle')) },
        components: {
          network: { path: 'components/network' },
          database: { ...chained('database', 'network'), test: { run: check } },
          app: chained('app', 'database'),
        },
      }),
      'components/network/main.tf': code(''),
      'components/network/text': 'one',
      'components/database/main.tf': code('database '),
      'components/database/text': 'one',
      'components/app/main.tf': code(''),
      'components/app/text': 'one',
    });
    const good = await twin.push(repository);
    expect(good.verdict).toBe('succeeded');
    const names = ['network', 'database', 'app'];
    const before = await Promise.all(names.map((name) => stateOf(repository, name)));

    repository.commit({
      'components/network/text': 'two',
      'components/database/main.tf': `${code('database ')}${half}`,
      'components/database/text': 'two',
      'components/app/text': 'two',
    });
    const report = await twin.push(repository);
    expect(summaryOf(report)).toEqual({
      verdict: 'failed',
      reason:
        'dev failed and is back at <commit>: database was rolled back to <commit> after: apply failed: components/database/main.tf:15: local-exec provisioner error: exit status 3, network was rolled back to <commit> after: database failed, app was skipped (database failed); redrive the execution <execution> to go on from here',
      environments: {
        dev: {
          verdict: 'rolled-back',
          targets: {
            network: 'rolled-back: rolled back to <commit> after: database failed',
            database:
              'rolled-back: rolled back to <commit> after: apply failed: components/database/main.tf:15: local-exec provisioner error: exit status 3',
            app: 'skipped: database failed',
          },
        },
      },
      statuses: {
        belay: 'failure: dev is back at <commit>; 3 targets: 2 rolled-back, 1 skipped',
        'belay/dev/app': 'failure: skipped: database failed',
        'belay/dev/database':
          'failure: rolled back to <commit> after: apply failed: components/database/main.tf:15: local-exec provisioner error: exit status 3',
        'belay/dev/network': 'failure: rolled back to <commit> after: database failed',
      },
      executions: ['FAILED', 'FAILED'],
    });
    expect(report.reason).toContain(`is back at ${good.commit.slice(0, 7)}:`);
    expect(await Promise.all(names.map((name) => stateOf(repository, name)))).toEqual(before);
    // After the first deployment, and after the rollback: with the test and the outputs of that commit.
    expect(readFileSync(twin.deployed('middle', 'tests'), 'utf8')).toBe('oneone');
    expect(report.environments[0]?.targets.map(({ commit }) => commit)).toEqual(names.map(() => good.commit));
  },
);

const PLAIN_PLAN = 'mkdir -p "$DEPLOYED" && sh deploy.sh plan';

/** Applied in full, and then it fails where the commit has a file `broken`. */
const fragile = (name: string, inputs: readonly string[] = [], more: object = {}) =>
  fileComponent(name, inputs, {
    commands: {
      plan: PLAIN_PLAN,
      apply: 'sh deploy.sh apply && test ! -e broken',
      outputs: 'sh deploy.sh outputs',
    },
    ...more,
  });

const inCloud = (name: string, ...components: string[]) =>
  components.map((component) => {
    const file = twin.deployed(name, component);
    return existsSync(file) ? (readFileSync(file, 'utf8').split('\n')[0] ?? '') : 'nothing';
  });

/** A repository whose first commit is deployed. */
async function deployed(name: string, components: object, texts: Record<string, string>, more: object = {}) {
  const repository = twin.repository(name);
  repository.commit({
    'belay.yaml': manifest({ environments: { dev: environment(twin.deployed(name), more) }, components }),
    ...fileComponents(texts),
  });
  expect((await twin.push(repository)).verdict).toBe('succeeded');
  return repository;
}

const brief = (report: Parameters<typeof summaryOf>[0]) => {
  const { environments, statuses } = summaryOf(report);
  return { ...environments.dev, belay: statuses.belay };
};

test.concurrent('a test that fails after its apply: what was applied goes back, and is tested there', async () => {
  const check = 'test ! -e unfit && cat text >> "$DEPLOYED/tests"';
  const repository = await deployed(
    'tested',
    { base: fragile('base'), app: fragile('app', ['base'], { test: { run: check } }) },
    { base: 'one\n', app: 'one\n' },
  );
  repository.commit({
    ...{ 'components/base/text': 'two\n', 'components/app/text': 'two\n' },
    'components/app/unfit': '',
  });
  expect(brief(await twin.push(repository))).toEqual({
    verdict: 'rolled-back',
    targets: {
      base: 'rolled-back: rolled back to <commit> after: app failed',
      app: `rolled-back: rolled back to <commit> after: test failed: the test ended with exit code 1: ${check}`,
    },
    belay: 'failure: dev is back at <commit>; 2 targets: 2 rolled-back',
  });
  expect(inCloud('tested', 'base', 'app')).toEqual(['one', 'one']);
  expect(readFileSync(twin.deployed('tested', 'tests'), 'utf8')).toBe('one\none\n');
});

test.concurrent('a rollback that fails: broken, said loudly, and healed by the next release', async () => {
  const app = (apply: string) => ({
    app: fileComponent('app', [], {
      commands: { plan: PLAIN_PLAN, apply, outputs: 'sh deploy.sh outputs' },
    }),
  });
  const changedTo = (apply: string, text: string) => ({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('outside')) },
      components: app(apply),
    }),
    'components/app/text': text,
  });
  mkdirSync(twin.deployed('outside'), { recursive: true });
  writeFileSync(twin.deployed('outside', 'there'), '');
  const repository = await deployed('outside', app('test -e "$DEPLOYED/there" && sh deploy.sh apply'), {
    app: 'one\n',
  });
  repository.commit(changedTo('sh deploy.sh apply; rm "$DEPLOYED/there"; exit 3', 'two\n'));
  expect(summaryOf(await twin.push(repository))).toMatchObject({
    reason:
      'dev is broken (dirty: app): app could not be rolled back (apply failed: the apply command ended with exit code 3; then its rollback to <commit> failed: apply failed: the apply command ended with exit code 1); redrive the execution <execution> to go on from here',
    environments: { dev: { verdict: 'broken' } },
    statuses: {
      belay: 'failure: dev is broken (dirty: app); 1 target: 1 rollback-failed',
      'belay/dev/app':
        'failure: rollback-failed: apply failed: the apply command ended with exit code 3; then its rollback to <commit> failed: apply failed: the apply…',
    },
  });
  expect(inCloud('outside', 'app')).toEqual(['two']);
  // People hear of it: both topics take the rule's message, under its role's permissions.
  const { notices } = await twin.world.board();
  const told = notices.filter(({ message }) => message.includes('local/outside'));
  expect(new Set(told.map(({ topic }) => topic)).size).toBe(2);
  expect(told.map(({ message }) => message).join()).toContain(': dev is broken');

  repository.commit(changedTo('sh deploy.sh apply', 'three\n'));
  expect(brief(await twin.push(repository))).toMatchObject({ verdict: 'succeeded' });
  expect(inCloud('outside', 'app')).toEqual(['three']);
});
