/** The shell tool through whole jobs. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const shell = (commands: Record<string, string>) => ({ tool: 'shell' as const, commands });
const files = { 'components/network/README.md': 'a component' };

test('a plan command that ends with 2 and writes its counts is a plan with changes', async () => {
  const plan = `echo '{"add": 2, "destroy": 1, "summary": "two in, one out"}' > "$BELAY_PLAN_JSON"; exit 2`;
  const { code, result, uploaded } = await world.run({ stage: 'plan', files, target: shell({ plan }) });
  expect(code).toBe(0);
  expect(result?.plan).toMatchObject({
    changes: { add: 2, change: 0, destroy: 1, replace: 0, import: 0, move: 0, outputs: 0 },
    hasChanges: true,
    summary: 'two in, one out',
    removals: [{ address: 'network (1 by its own count)', type: 'shell', replace: false }],
  });
  expect(uploaded).toEqual(['bundle.tar.gz', 'log.txt', 'result.json']);
});

test('a plan command that ends with 0 has no changes', async () => {
  const { code, result } = await world.run({ stage: 'plan', files, target: shell({ plan: 'echo same' }) });
  expect(code).toBe(0);
  expect(result?.plan).toMatchObject({ hasChanges: false, summary: 'no changes' });
});

test.each([
  ['exit 1', 'the plan command ended with exit code 1; 0 means no changes, 2 means changes'],
  [
    `echo '{"add": "many"}' > "$BELAY_PLAN_JSON"; exit 2`,
    'reading what the plan command wrote to $BELAY_PLAN_JSON: ✖ Invalid input: expected number, received string → at add',
  ],
  [
    'echo hello > "$BELAY_PLAN_JSON"; exit 2',
    'reading what the plan command wrote to $BELAY_PLAN_JSON: it is not JSON',
  ],
])('a failing plan %s says why', async (plan, reason) => {
  const { code, result } = await world.run({ stage: 'plan', files, target: shell({ plan }) });
  expect(code).toBe(10);
  expect(result?.status).toBe('failed');
  expect(result?.reason.replace(/\s+/g, ' ')).toBe(reason);
  expect(result?.plan).toBeUndefined();
});

test('what the plan made, changed and removed is there again at apply, at the same path; outputs are kept', async () => {
  const target = shell({
    plan: 'pwd > where; echo new > made.txt; echo more >> old.txt; rm gone.txt; mkdir .terraform; echo x > .terraform/x; exit 2',
    apply: 'test "$(cat where)" = "$(pwd)"; cat made.txt old.txt; test ! -e gone.txt; test ! -e .terraform',
    outputs: 'cat values.json',
  });
  const commit = {
    'components/network/old.txt': 'old\n',
    'components/network/gone.txt': 'soon gone\n',
    'components/network/values.json':
      '{"url": "http://x", "port": {"value": 80}, "key": {"value": "s3cr3t-key", "sensitive": true}}',
  };
  const planned = await world.run({ stage: 'plan', files: commit, target });
  const applied = await world.run({
    stage: 'apply',
    files: commit,
    target,
    spec: { planDigest: planned.result?.plan?.planDigest },
  });
  expect(applied.result?.reason).toBe('applied');
  expect(applied.log).toMatch(/ new\n.* old\n.* more\n/);
  expect(applied.uploaded).toEqual(['log.txt', 'outputs.json', 'result.json']);
  expect(JSON.parse(String(world.artifacts.get('outputs.json')))).toEqual({
    url: { value: 'http://x', sensitive: false },
    port: { value: 80, sensitive: false },
    key: { value: 's3cr3t-key', sensitive: true },
  });
  expect(applied.log).not.toContain('s3cr3t-key');
});

test('the same plan of the same commit has the same bundle', async () => {
  const target = shell({ plan: 'echo new > made.txt; exit 2' });
  const first = await world.run({ stage: 'plan', files, target });
  const second = await world.run({ stage: 'plan', files, target });
  expect(first.result?.plan?.planDigest).toMatch(/^[0-9a-f]{64}$/);
  expect(second.result?.plan).toEqual(first.result?.plan);
});

test('without a plan command the apply will run; other sources are another change', async () => {
  const target = shell({ apply: 'true' });
  const one = await world.run({ stage: 'plan', files, target });
  const other = await world.run({ stage: 'plan', files: { ...files, 'components/network/x': '1' }, target });
  expect(one.result?.plan).toMatchObject({
    hasChanges: true,
    summary: 'changes unknown (no plan command): the apply command will run',
  });
  expect(other.result?.plan?.changeDigest).not.toBe(one.result?.plan?.changeDigest);
});

test('a bundle that is not the reviewed one is refused before anything is touched', async () => {
  const target = shell({ plan: 'exit 2', apply: `touch ${world.directory}/applied` });
  const planned = await world.run({ stage: 'plan', files, target });
  const bundle = world.artifacts.get('bundle.tar.gz') ?? Buffer.alloc(0);
  bundle[bundle.length - 1] = (bundle[bundle.length - 1] ?? 0) ^ 1;
  const { code, result, log } = await world.run({
    stage: 'apply',
    files,
    target,
    spec: { planDigest: planned.result?.plan?.planDigest },
  });
  expect(code).toBe(30);
  expect(result?.reason).toContain("the reviewed plan's is");
  expect(result?.reason).toContain('nothing was touched');
  expect(log).not.toContain('$ apply');
  expect(existsSync(`${world.directory}/applied`)).toBe(false);
});

test('the destroy operation runs the destroy command, once it was planned', async () => {
  const target = shell({ plan: 'exit 0', destroy: 'echo tearing down' });
  const planned = await world.run({ stage: 'plan', files, target, spec: { destroy: true } });
  expect(planned.result?.plan).toMatchObject({ hasChanges: true, summary: 'the destroy command will run' });
  const spec = { destroy: true, planDigest: planned.result?.plan?.planDigest };
  const { code, log, result } = await world.run({ stage: 'destroy', files, target, spec });
  expect([code, result?.reason]).toEqual([0, 'destroyed']);
  expect(log).toContain('tearing down');
});

test('a stop reaches everything the shell started, exactly once, and is waited for', async () => {
  const script = `#!/bin/sh
trap 'echo "one signal"; sleep 0.3; echo cleaned up; exit 0' TERM
echo started
while :; do sleep 0.05; done
`;
  const target = shell({ plan: 'exit 2', apply: './work.sh; echo not reached' });
  const commit = { 'components/network/work.sh': script };
  const planned = await world.run({ stage: 'plan', files: commit, target });
  const { code, log, result } = await world.run({
    stage: 'apply',
    files: commit,
    target,
    spec: { planDigest: planned.result?.plan?.planDigest },
    onLine: (line, stop) => {
      if (!line.endsWith(' started\n')) return;
      stop.request();
      stop.request();
    },
  });
  expect(code).toBe(143);
  expect(log.match(/one signal/g)).toHaveLength(1);
  expect(log).toContain('cleaned up');
  expect(log).not.toContain('Z not reached');
  expect(result?.reason).toMatch(/^stopped by SIGTERM: the apply command ended with a signal/);
});

test('the test stage is given the outputs, and its word counts', async () => {
  const outputs = {
    'vpc-id': { value: 'vpc-1', sensitive: false },
    zones: { value: ['a', 'b'], sensitive: false },
    password: { value: 'correct horse', sensitive: true },
  };
  const wish = { stage: 'test', files, outputs } as const;
  const passed = await world.run({
    ...wish,
    target: { test: { run: 'echo "$BELAY_OUTPUT_VPC_ID" "$BELAY_OUTPUT_PASSWORD"; cat "$BELAY_OUTPUTS"' } },
  });
  expect(passed.code).toBe(0);
  expect(passed.log).toContain('Z vpc-1 ***\n');
  expect(passed.log).toContain('{"vpc-id":"vpc-1","zones":["a","b"],"password":"***"}');
  const failed = await world.run({ ...wish, target: { test: { run: 'exit 7' } } });
  expect([failed.code, failed.result?.reason]).toEqual([10, 'the test ended with exit code 7: exit 7']);
});

test('a secret that is also a word of ours is hidden in texts and leaves the result readable', async () => {
  const { code, log, result } = await world.run({
    stage: 'plan',
    files,
    secrets: { A: 'plan', B: 'arm64', C: 'failed' },
    target: shell({ plan: 'echo "a plan"; echo "$C"; exit 1' }),
  });
  expect(code).toBe(10);
  expect([result?.stage, result?.status]).toEqual(['plan', 'failed']);
  expect(result?.reason).toContain('the *** command ended');
  expect(log).toContain('Z a ***\n');
});
