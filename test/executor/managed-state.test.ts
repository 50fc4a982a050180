/** The managed backend and the two identities, with the real tool against a small S3, the function `sessions` and a credential endpoint. */
import { afterEach, beforeEach, expect } from '@jest/globals';
import { withTool } from './support/tool.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const STATE = '42/state/dev/network.tfstate';

withTool(
  'state goes to the managed bucket in a session of the state role, whatever endpoint and keys the manifest gives the tool',
  async () => {
    const files = {
      'components/network/main.tf': `resource "terraform_data" "a" {
  input = "kept in S3"
  provisioner "local-exec" {
    command = "env | grep -e ^AWS_ -e ^BELAY_ -e ^LEAK | sort"
  }
}
`,
    };
    const env = {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'mine',
      AWS_SECRET_ACCESS_KEY: 'own',
    };
    const wish = {
      files,
      target: { env },
      environment: { LEAK: 'of the parent', AWS_SESSION_TOKEN: 'leak' },
    };
    const planned = await world.run({ ...wish, stage: 'plan' });
    expect(planned.result?.reason).toBe('1 to add');
    const spec = { planDigest: planned.result?.plan?.planDigest };
    const applied = await world.run({ ...wish, stage: 'apply', spec });
    expect(applied.result?.reason).toBe('applied');

    expect(String(world.state.get(STATE))).toContain('kept in S3');
    expect([...world.state.keys()]).toEqual([STATE]);
    const writes = world.requests.filter(({ method, url }) => method === 'PUT' && url.startsWith('/state/'));
    expect(writes.map(({ url }) => url.replace(/\?.*/, ''))).toEqual([
      `/state/${STATE}.tflock`,
      ...writes.slice(1).map(() => `/state/${STATE}`),
    ]);
    for (const { headers } of writes) {
      expect(headers.authorization).toContain('Credential=ASIASTATE/');
      expect(headers['x-amz-security-token']).toBe('session-of-the-state');
    }

    const seen = [...applied.log.matchAll(/\(local-exec\): ((?:AWS|BELAY|LEAK)\w*)=(.*)/g)].map(
      ([, name, value]) => [name, value],
    );
    expect(seen).toEqual([
      ['AWS_ACCESS_KEY_ID', 'mine'],
      ['AWS_CONFIG_FILE', expect.stringMatching(/own\/aws-config$/)],
      ['AWS_DEFAULT_REGION', 'eu-west-1'],
      ['AWS_EC2_METADATA_DISABLED', 'true'],
      ['AWS_ENDPOINT_URL', 'http://127.0.0.1:9'],
      ['AWS_PROFILE', 'belay-environment'],
      ['AWS_REGION', 'eu-west-1'],
      ['AWS_SDK_LOAD_CONFIG', '1'],
      ['AWS_SECRET_ACCESS_KEY', 'own'],
      ['AWS_SHARED_CREDENTIALS_FILE', expect.stringMatching(/own\/aws-credentials$/)],
    ]);
  },
);

withTool(
  'a state file beside the code would be gone with the job: the state is managed then, too',
  async () => {
    const files = {
      'components/network/main.tf':
        'terraform {\n  backend "local" {\n    path = "mine.tfstate"\n  }\n}\nresource "terraform_data" "a" {\n  input = 1\n}\n',
    };
    const planned = await world.run({ stage: 'plan', files });
    expect(planned.result?.reason).toBe('1 to add');
    const spec = { planDigest: planned.result?.plan?.planDigest };
    const applied = await world.run({ stage: 'apply', files, spec });
    expect(applied.result?.reason).toBe('applied');
    expect([...world.state.keys()]).toEqual([STATE]);
    const again = await world.run({ stage: 'plan', files });
    expect(again.result?.plan?.hasChanges).toBe(false);
  },
);

withTool('a state file in the repository is refused before the tool can stumble over it', async () => {
  const files = {
    'components/network/main.tf': 'resource "terraform_data" "a" {}\n',
    'components/network/terraform.tfstate': '{"version": 4}',
  };
  const { code, result } = await world.run({ stage: 'plan', files });
  expect(code).toBe(10);
  expect(result?.reason).toContain(
    'components/network/terraform.tfstate is in the repository, but Belay keeps the state itself',
  );
});

withTool('a validate job asks neither for state nor for credentials', async () => {
  const files = { 'components/network/main.tf': 'resource "terraform_data" "a" {}\n' };
  const { code, result } = await world.run({ stage: 'validate', files });
  expect([code, result?.reason]).toEqual([0, 'the code is valid']);
  expect(world.requests.filter(({ url }) => !url.startsWith('/artifacts/'))).toEqual([]);
});

withTool('a state that cannot be written is kept as errored.tfstate and named', async () => {
  const files = { 'components/network/main.tf': 'resource "terraform_data" "made" {}\n' };
  const planned = await world.run({ stage: 'plan', files });
  world.refusesState = true;
  const { code, result, uploaded } = await world.run({
    stage: 'apply',
    files,
    spec: { planDigest: planned.result?.plan?.planDigest },
  });
  expect(code).toBe(10);
  expect(result?.reason).toContain('errored.tfstate is kept with this job');
  expect(uploaded).toContain('errored.tfstate');
  expect(String(world.artifacts.get('errored.tfstate'))).toContain('"made"');
});
