/** What a pull request's manifest may say about its own plan, and what it may not. */
import { expect, test } from '@jest/globals';
import { heldBack } from '../../../core/manifest/held-back.ts';
import { parseManifest } from '../../../core/manifest/parse.ts';
import { newEnvironments, plannedManifest } from '../../../core/manifest/pull.ts';
import { resolveTargets } from '../../../core/manifest/resolve.ts';

function manifest(text: string) {
  const parsed = parseManifest(text);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.manifest;
}

const base = manifest(`
version: 1
environments:
  dev:  { account: "111122223333", region: eu-west-1, variables: { size: small } }
  prod: { account: "444455556666", region: eu-west-1, after: dev, approval: always, approvers: [platform], protect: [aws_db_instance] }
defaults: { tool: opentofu, toolVersion: 1.11.0 }
components:
  network: { path: network }
  app:     { path: app, needs: [network], secrets: { KEY: app/key }, in: { prod: { protect: [aws_sqs_queue] } } }
`);

const targetsOf = (head: ReturnType<typeof manifest>) =>
  Object.fromEntries(
    resolveTargets(plannedManifest(head, base)).map(({ name, account, region, targets }) => [
      name,
      { account, region, targets: Object.fromEntries(targets.map((one) => [one.component, one])) },
    ]),
  );

test('accounts, regions, tools, secrets and policies stay as the base branch has them', () => {
  const { dev, prod } = targetsOf(
    manifest(`
version: 1
environments:
  dev:  { account: "999999999999", region: us-east-1 }
  prod: { account: "999999999999", region: us-east-1, after: dev, approval: never, approvers: [mallory], selfApproval: true }
defaults: { tool: terraform, toolVersion: 1.5.0 }
components:
  network: { path: network, secrets: { ROOT: prod/root }, protect: [] }
  app:     { path: app, needs: [network], tool: terraform, toolVersion: 1.5.0, secrets: { KEY: prod/root }, in: { prod: { secrets: { KEY: prod/root }, protect: [], approval: never } } }
`),
  );
  expect([dev?.account, dev?.region]).toEqual(['111122223333', 'eu-west-1']);
  expect([prod?.account, prod?.region]).toEqual(['444455556666', 'eu-west-1']);
  expect(prod?.targets.app).toMatchObject({
    ...{ tool: 'opentofu', toolVersion: '1.11.0', secrets: { KEY: 'app/key' } },
    policy: {
      approval: 'always',
      approvers: ['platform'],
      selfApproval: false,
      protect: ['aws_db_instance', 'aws_sqs_queue'],
    },
  });
  expect(prod?.targets.network).toMatchObject({ tool: 'opentofu', secrets: {} });
});

test('components, paths, needs, inputs and values are those of the pull request', () => {
  const { dev } = targetsOf(
    manifest(`
version: 1
environments:
  dev:  { account: "111122223333", region: eu-west-1, variables: { size: large } }
  prod: { account: "444455556666", region: eu-west-1, after: dev }
defaults: { tool: opentofu, toolVersion: 1.11.0, env: { MODE: new } }
components:
  network: { path: moved/network }
  queue:   { path: queue, tool: shell, commands: { apply: ./apply }, secrets: { ROOT: prod/root } }
  app:     { path: app, needs: [network, queue], inputs: { id: network.vpc_id }, in: { dev: { variables: { level: 3 } } } }
`),
  );
  expect(Object.keys(dev?.targets ?? {}).sort()).toEqual(['app', 'network', 'queue']);
  expect(dev?.targets.network).toMatchObject({ path: 'moved/network', variables: { size: 'large' } });
  expect(dev?.targets.app).toMatchObject({
    needs: ['network', 'queue'],
    inputs: { id: { component: 'network', output: 'vpc_id' } },
    env: { MODE: 'new' },
    variables: { size: 'large', level: 3 },
    secrets: { KEY: 'app/key' },
  });
  // Nobody has allowed what is new any secret.
  expect(dev?.targets.queue).toMatchObject({ tool: 'shell', secrets: {} });
});

test('an environment that the base branch does not have is not planned, nor one that is to go', () => {
  const head = manifest(`
version: 1
environments:
  mine: { account: "999999999999", region: eu-west-1 }
  prod: { account: "444455556666", region: eu-west-1, after: mine }
defaults: { tool: opentofu, toolVersion: 1.11.0 }
components:
  network: { path: network, in: { mine: { variables: { a: 1 } } } }
`);
  expect(Object.keys(targetsOf(head))).toEqual(['prod']);
  expect(newEnvironments(head, base)).toEqual(['mine']);
});

test('what the pull request says otherwise is told, setting by setting; what it may say is not', () => {
  const head = manifest(`
version: 1
environments:
  dev:  { account: "111122223333", region: us-east-1, ttl: 2h, variables: { size: large } }
  prod: { account: "444455556666", region: eu-west-1, after: dev, approval: never, approvers: [platform], protect: [aws_db_instance] }
defaults: { tool: opentofu, toolVersion: 1.11.0, env: { MODE: new } }
components:
  network: { path: moved, arch: amd64 }
  queue:   { path: queue, tool: shell, commands: { apply: ./apply }, secrets: { KEY: app/key } }
  app:     { path: app, needs: [network, queue], in: { prod: { protect: [aws_sqs_queue] } } }
`);
  expect(heldBack(head, plannedManifest(head, base))).toEqual([
    { environment: 'dev', settings: ['region', 'ttl'] },
    { environment: 'dev', component: 'network', settings: ['arch'] },
    { environment: 'dev', component: 'queue', settings: ['secrets'] },
    { environment: 'dev', component: 'app', settings: ['secrets'] },
    { environment: 'prod', component: 'network', settings: ['arch', 'approval'] },
    { environment: 'prod', component: 'queue', settings: ['secrets', 'approval'] },
    { environment: 'prod', component: 'app', settings: ['secrets', 'approval'] },
  ]);
  expect(heldBack(base, plannedManifest(base, base))).toEqual([]);
});
