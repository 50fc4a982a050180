/** What a manifest resolves to, written out; and, over generated manifests, that order and circles are right. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseManifest } from '../../../core/manifest/parse.ts';
import { resolveTargets } from '../../../core/manifest/resolve.ts';
import { resolvedTargetSchema } from '../../../core/manifest/resolved.ts';

function resolved(text: string) {
  const result = parseManifest(text);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return resolveTargets(result.manifest);
}

const example = `
version: 1
environments:
  prod: { account: "444455556666", region: eu-west-1, after: dev, approval: always, approvers: [platform-team], protect: [aws_db_instance] }
  dev:  { account: "111122223333", region: eu-west-1 }
defaults: { tool: opentofu, toolVersion: 1.11.0 }
components:
  app:      { path: components/app, needs: [network, database], test: { run: "./smoke.sh" }, secrets: { DB_PASSWORD: app/db-password } }
  debugger: { path: components/debugger, environments: [dev] }
  database: { path: components/database, needs: [network], inputs: { vpc_id: network.vpc_id } }
  network:  { path: components/network }
`;

test('environments come in `after` order, targets in the order of their needs', () => {
  const environments = resolved(example);
  expect(environments.map(({ name, after }) => [name, after])).toEqual([
    ['dev', []],
    ['prod', ['dev']],
  ]);
  expect(environments.map(({ targets }) => targets.map(({ component }) => component))).toEqual([
    ['debugger', 'network', 'database', 'app'],
    ['network', 'database', 'app'],
  ]);
});

test('a target with defaults only, and one with an input, under the policy of its environment', () => {
  const [dev, prod] = resolved(example);
  expect(dev?.account).toBe('111122223333');
  expect(dev?.targets[1]).toEqual({
    component: 'network',
    environment: 'dev',
    path: 'components/network',
    tool: 'opentofu',
    toolVersion: '1.11.0',
    arch: 'arm64',
    needs: [],
    inputs: {},
    env: {},
    variables: {},
    watch: [],
    secrets: {},
    policy: {
      approval: 'on-destroy',
      approvers: [],
      selfApproval: false,
      protect: [],
      rollback: 'connected',
    },
  });
  expect(prod?.targets[1]).toEqual({
    component: 'database',
    environment: 'prod',
    path: 'components/database',
    tool: 'opentofu',
    toolVersion: '1.11.0',
    arch: 'arm64',
    needs: ['network'],
    inputs: { vpc_id: { component: 'network', output: 'vpc_id' } },
    env: {},
    variables: {},
    watch: [],
    secrets: {},
    policy: {
      approval: 'always',
      approvers: ['platform-team'],
      selfApproval: false,
      protect: ['aws_db_instance'],
      rollback: 'connected',
    },
  });
});

test('component-in-environment wins over component, over environment, over defaults, key by key', () => {
  const [dev, prod] = resolved(`
version: 1
environments:
  dev: { account: "111122223333", region: eu-west-1 }
  prod:
    account: "444455556666"
    region: us-east-1
    approval: always
    approvers: [platform]
    rollback: environment
    protect: [aws_efs_file_system]
    env: { A: environment, B: environment, C: environment }
    variables: { size: { cpu: 2, memory: 4 }, zones: 3 }
defaults: { arch: amd64, rollback: off, approval: never, selfApproval: true, protect: [aws_db_instance], env: { A: defaults, D: defaults } }
components:
  app:
    path: ./app/
    arch: arm64
    rollback: target
    approvers: [app-team]
    protect: [aws_db_instance, aws_s3_bucket]
    env: { A: component, B: component }
    secrets: { KEY: app/key, TOKEN: app/token }
    watch: ["shared/**"]
    in:
      prod: { approval: on-destroy, env: { A: both }, variables: { size: { cpu: 8 } }, secrets: { KEY: prod/key } }
`);
  expect(prod?.targets[0]).toEqual({
    component: 'app',
    environment: 'prod',
    path: 'app',
    tool: 'auto',
    arch: 'arm64',
    needs: [],
    inputs: {},
    env: { A: 'both', B: 'component', C: 'environment', D: 'defaults' },
    variables: { size: { cpu: 8 }, zones: 3 },
    watch: ['shared/**'],
    secrets: { KEY: 'prod/key', TOKEN: 'app/token' },
    policy: {
      approval: 'on-destroy',
      approvers: ['app-team'],
      selfApproval: true,
      protect: ['aws_db_instance', 'aws_efs_file_system', 'aws_s3_bucket'],
      rollback: 'target',
    },
  });
  expect(dev?.targets[0]).toMatchObject({
    env: { A: 'component', B: 'component', D: 'defaults' },
    variables: {},
    secrets: { KEY: 'app/key', TOKEN: 'app/token' },
    policy: { approval: 'never', protect: ['aws_db_instance', 'aws_s3_bucket'] },
  });
});

test('a version is taken from the defaults only together with its tool', () => {
  const [dev] = resolved(`
version: 1
environments: { dev: { account: "111122223333", region: eu-west-1 } }
defaults: { tool: opentofu, toolVersion: 1.11.0 }
components:
  same: { path: a, tool: opentofu }
  newer: { path: b, toolVersion: 1.12.1 }
  other: { path: c, tool: terraform }
  script: { path: d, tool: shell, commands: { plan: ./plan, apply: ./apply } }
`);
  expect(dev?.targets.map(({ component, tool, toolVersion }) => [component, tool, toolVersion])).toEqual([
    ['same', 'opentofu', '1.11.0'],
    ['newer', 'opentofu', '1.12.1'],
    ['other', 'terraform', undefined],
    ['script', 'shell', undefined],
  ]);
  expect(dev?.targets[3]?.commands).toEqual({ plan: './plan', apply: './apply' });
});

test('one path in one environment is allowed where the components are told apart', () => {
  const [dev] = resolved(`
version: 1
environments: { dev: { account: "111122223333", region: eu-west-1 } }
components:
  blue: { path: service, variables: { colour: blue } }
  green: { path: service, env: { COLOUR: green } }
  red: { path: service, needs: [blue], inputs: { colour: blue.next } }
`);
  expect(dev?.targets.map(({ component }) => component)).toEqual(['blue', 'green', 'red']);
});

const names = ['app', 'constructor', 'db', 'net', 'queue', 'web'];

/** Components in a shuffled file order whose needs always point to an earlier name, so that there is no circle. */
const components = fc
  .tuple(
    fc.shuffledSubarray(names, { minLength: 2 }),
    fc.array(fc.subarray(names), { minLength: 6, maxLength: 6 }),
  )
  .map(([order, needs]) =>
    order.map((name) => ({
      name,
      needs: (needs[names.indexOf(name)] ?? []).filter((one) => order.includes(one) && one < name),
    })),
  );

const textOf = (list: { name: string; needs: string[] }[]) =>
  JSON.stringify({
    version: 1,
    environments: {
      prod: { account: '444455556666', region: 'eu-west-1', after: ['dev'] },
      dev: { account: '111122223333', region: 'eu-west-1' },
    },
    components: Object.fromEntries(list.map(({ name, needs }) => [name, { path: `at/${name}`, needs }])),
  });

test('every valid manifest resolves, each target after its needs, into the shape that travels', () => {
  fc.assert(
    fc.property(components, (list) => {
      const environments = resolved(textOf(list));
      expect(environments.map(({ name }) => name)).toEqual(['dev', 'prod']);
      for (const { targets } of environments) {
        const order = targets.map(({ component }) => component);
        expect([...order].sort()).toEqual(list.map(({ name }) => name).sort());
        for (const target of targets) {
          for (const need of target.needs)
            expect(order.indexOf(need)).toBeLessThan(order.indexOf(target.component));
          expect(resolvedTargetSchema.parse(JSON.parse(JSON.stringify(target)))).toEqual(target);
        }
      }
    }),
  );
});

test('a circle put into a valid manifest is always named', () => {
  fc.assert(
    fc.property(components, (list) => {
      const [first, second] = list;
      const circular = list.map(({ name, needs }) => {
        if (name === first?.name)
          return { name, needs: [second?.name ?? '', ...needs.filter((one) => one !== second?.name)] };
        if (name === second?.name)
          return { name, needs: [first?.name ?? '', ...needs.filter((one) => one !== first?.name)] };
        return { name, needs };
      });
      const result = parseManifest(textOf(circular));
      const messages = 'problems' in result ? result.problems.map(({ message }) => message) : [];
      // The first two are in one knot, named from its first node in file order: from the first component.
      const circle = `components.${first?.name}.needs: \`needs\` goes in a circle: ${first?.name} → ${second?.name} → ${first?.name}`;
      expect(messages).toContain(circle);
    }),
  );
});

test('a time to live in seconds, and a former name', () => {
  const text = (ttl: string) => `
version: 1
environments: { dev: { account: "111122223333", region: eu-west-1, ttl: ${ttl} } }
components: { net: { path: net, formerly: network } }
`;
  const ttls = ['30m', '72h', '14d'].map((ttl) => resolved(text(ttl))[0]?.ttl);
  expect(ttls).toEqual([1800, 259_200, 1_209_600]);
  expect(resolved(text('1m'))[0]?.targets[0]).toMatchObject({ component: 'net', formerly: 'network' });
  expect(resolved(example)[0]).not.toHaveProperty('ttl');
});

test('a build has its context and Dockerfile in normal form; the Dockerfile lies in the context', () => {
  const [dev] = resolved(`
version: 1
environments: { dev: { account: "111122223333", region: eu-west-1 } }
components:
  plain: { path: a, build: { context: ./src/ } }
  named: { path: b, build: { context: ., dockerfile: ./docker/web.Dockerfile, local: { run: make } } }
`);
  expect(dev?.targets.map(({ build }) => build)).toEqual([
    { context: 'src', dockerfile: 'Dockerfile' },
    { context: '.', dockerfile: 'docker/web.Dockerfile', local: { run: 'make' } },
  ]);
});
