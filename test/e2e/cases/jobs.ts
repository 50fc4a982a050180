/** What jobs get, keep and share: files from plan to apply, their environment, and the slots they run in. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { environment, manifest } from '../support/components.ts';
import { SLOTS, twin } from '../support/shared-twin.ts';
import { endsOf, outcomesOf } from '../support/summary.ts';
import { withTool } from '../support/with-tool.ts';

/** What dash and bash put into the environment of their commands themselves. */
const SET_BY_SHELLS = /^(PWD|OLDPWD|SHLVL|_)=/;

test.concurrent('what a plan makes is there in its apply, a lock file too', async () => {
  const directory = twin.deployed('kept');
  const repository = twin.repository('kept');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        app: {
          path: 'components/app',
          tool: 'shell',
          commands: {
            plan: 'mkdir -p build; pwd > build/where; mv template build/page; echo new > .terraform.lock.hcl; exit 2',
            apply:
              'mkdir -p "$DEPLOYED"; cat build/where build/page .terraform.lock.hcl > "$DEPLOYED/app"; pwd >> "$DEPLOYED/app"; ls >> "$DEPLOYED/app"',
          },
        },
      },
    }),
    'components/app/template': 'page\n',
    'components/app/.terraform.lock.hcl': 'old\n',
  });
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
  const [planned, page, lock, applied, ...files] = readFileSync(`${directory}/app`, 'utf8').split('\n');
  expect([page, lock, files]).toEqual(['page', 'new', ['build', '']]);
  expect(applied).toBe(planned);
});

withTool(
  'absolute paths in a plan are those of its apply; the managed backend is not disturbed by the manifest',
  async () => {
    const directory = twin.deployed('absolute');
    const repository = twin.repository('absolute');
    repository.commit({
      'belay.yaml': manifest({
        environments: { dev: environment(directory) },
        components: {
          // Nothing listens there: whoever took it for the state's endpoint would fail.
          app: { path: 'components/app', env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } },
        },
      }),
      'components/app/text': 'hello',
      'components/app/main.tf': `
      resource "terraform_data" "here" {
        input = abspath(path.module)
        provisioner "local-exec" {
          command = "mkdir -p \\"$DEPLOYED\\" && cat \${self.input}/text > \\"$DEPLOYED/app\\" && echo \\" $AWS_ENDPOINT_URL\\" >> \\"$DEPLOYED/app\\""
        }
      }`,
    });
    expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
    expect(readFileSync(`${directory}/app`, 'utf8')).toBe('hello http://127.0.0.1:9\n');
    const id = await twin.world.repositoryAt(repository.directory);
    const state = Buffer.from((await twin.world.artifact(`${id}/state/dev/app.tfstate`)) ?? []).toString(
      'utf8',
    );
    expect(JSON.parse(state)).toMatchObject({ resources: [{ type: 'terraform_data', name: 'here' }] });
  },
);

test.concurrent("a tool gets what is listed, what the manifest names, what was passed, and nothing else of the user's shell", async () => {
  const directory = twin.deployed('environment');
  const repository = twin.repository('environment');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(directory) },
      components: {
        app: {
          path: 'components/app',
          tool: 'shell',
          env: { NAMED: 'by the manifest', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
          variables: { size: 3 },
          commands: { apply: 'mkdir -p "$DEPLOYED"; env -0 > "$DEPLOYED/env"' },
        },
      },
    }),
    'components/app/README.md': '',
  });
  expect(outcomesOf(await twin.push(repository))).toEqual({ 'dev/app': 'applied' });
  const seen = new Map(
    readFileSync(`${directory}/env`, 'utf8')
      .split('\0')
      .filter((entry) => entry !== '' && !SET_BY_SHELLS.test(entry))
      .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  expect([...seen.keys()].sort()).toEqual([
    // Where the two profiles are, and which is the tool's.
    'AWS_CONFIG_FILE',
    'AWS_DEFAULT_REGION',
    'AWS_EC2_METADATA_DISABLED',
    'AWS_ENDPOINT_URL',
    'AWS_PROFILE',
    'AWS_REGION',
    'AWS_SDK_LOAD_CONFIG',
    'AWS_SHARED_CREDENTIALS_FILE',
    // Of the twin: where the images are that it has built.
    'BELAY_IMAGES',
    'BELAY_PLAN_JSON',
    'CHECKPOINT_DISABLE',
    'DEPLOYED',
    'HOME',
    'NAMED',
    'PASSED',
    'PATH',
    'TF_INPUT',
    'TF_IN_AUTOMATION',
    'size',
  ]);
  expect(seen.get('PASSED')).toBe('on');
  expect(seen.get('NAMED')).toBe('by the manifest');
  expect(seen.get('size')).toBe('3');
  expect(seen.get('AWS_ENDPOINT_URL')).toBe('http://127.0.0.1:9');
});

test('60 independent targets are all planned, never more at once than there are slots', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `c${index}`);
  const repository = twin.repository('sixty');
  repository.commit({
    'belay.yaml': manifest({
      environments: { dev: environment(twin.deployed('sixty')) },
      components: Object.fromEntries(
        names.map((name) => [
          name,
          {
            path: 'all',
            tool: 'shell',
            variables: { NAME: name },
            commands: { plan: 'echo "planned $NAME"' },
          },
        ]),
      ),
    }),
    'all/README.md': '',
  });
  const before = (await twin.world.jobs()).length;
  const report = await twin.push(repository);
  expect(endsOf(report.environments[0]?.targets ?? [])).toEqual(
    Object.fromEntries(names.map((name) => [name, 'unchanged: the plan is empty'])),
  );
  const jobs = (await twin.world.jobs()).slice(before);
  const planned = jobs.flatMap(
    (job) => readFileSync(twin.world.parts.jobs.logOf(job), 'utf8').match(/planned c\d+$/gm) ?? [],
  );
  expect(planned.sort()).toEqual(names.map((name) => `planned ${name}`).sort());
  const running = (moment: number) =>
    jobs.filter(({ startedAt = 0, stoppedAt = 0 }) => startedAt <= moment && moment < stoppedAt).length;
  expect(Math.max(...jobs.map(({ startedAt = 0 }) => running(startedAt)))).toBe(SLOTS);
});
