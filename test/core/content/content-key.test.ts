/** What changes a content key and an input key, and what must not. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentKey, inputKey } from '../../../core/content/content-key.ts';
import { parseTree, type TreeEntry } from '../../../core/content/tree.ts';
import { parseManifest } from '../../../core/manifest/parse.ts';
import { resolveTargets } from '../../../core/manifest/resolve.ts';
import type { ResolvedTarget } from '../../../core/manifest/resolved.ts';

const target: ResolvedTarget = {
  component: 'app',
  environment: 'dev',
  path: 'app',
  tool: 'opentofu',
  toolVersion: '1.11.0',
  arch: 'arm64',
  needs: ['net', 'db'],
  inputs: { vpc_id: { component: 'net', output: 'vpc_id' } },
  env: { LEVEL: 'debug' },
  variables: { size: { cpu: 2 } },
  watch: ['docs/*'],
  secrets: { TOKEN: 'app/token' },
  test: { run: './smoke.sh' },
  policy: { approval: 'on-destroy', approvers: [], selfApproval: false, protect: [], rollback: 'connected' },
};
const entries: TreeEntry[] = [
  { path: 'app', mode: '040000', type: 'tree', id: 'a1' },
  { path: 'docs/a.md', mode: '100644', type: 'blob', id: 'd1' },
  { path: 'lib', mode: '040000', type: 'tree', id: 'b1' },
  { path: 'other', mode: '040000', type: 'tree', id: 'c1' },
];
const treeOf = (list: TreeEntry[]) =>
  parseTree(list.map(({ mode, type, id, path }) => `${mode} ${type} ${id}\t${path}\0`).join(''), 'ff');
const base = {
  target,
  account: '111122223333',
  region: 'eu-west-1',
  tree: treeOf(entries),
  dependencies: ['lib', 'not/there'],
};
const key = contentKey(base);
const withEntry = (path: string, change: Partial<TreeEntry>) =>
  contentKey({
    ...base,
    tree: treeOf(entries.map((one) => (one.path === path ? { ...one, ...change } : one))),
  });
const withTarget = (change: Partial<ResolvedTarget>) =>
  contentKey({ ...base, target: { ...target, ...change } });

test('keys are SHA-256 in hex, the same from one version of Belay to the next', () => {
  // From sha256sum over the text written by hand. Where this changes on purpose, the version in the prefix must change too.
  expect(key).toBe('e8b8c43f344aa1319c0d4527c9f8585655bc13ffebbefd1b87440732d1898c72');
  expect(inputKey({ vpc_id: 'vpc-1' })).toBe(
    'bbd1f329b9c2a7d0aba3596055c3d1e1d4582e6f740f7643ad020e65aa4193e6',
  );
});

test.each<[string, Partial<ResolvedTarget>]>([
  ['path', { path: 'lib' }],
  ['tool', { tool: 'terraform' }],
  ['toolVersion', { toolVersion: '1.11.1' }],
  ['arch', { arch: 'amd64' }],
  ['needs', { needs: ['net'] }],
  ['inputs', { inputs: { vpc_id: { component: 'net', output: 'id' } } }],
  ['env', { env: { LEVEL: 'info' } }],
  ['variables', { variables: { size: { cpu: 3 } } }],
  ['watch', { watch: [] }],
  ['secrets', { secrets: { TOKEN: 'app/other' } }],
  ['test', { test: { run: './smoke.sh --all' } }],
  ['commands', { commands: { apply: './go' } }],
  ['build', { build: { context: 'other', dockerfile: 'Dockerfile' } }],
])('another `%s` is another key', (_, change) => {
  expect(withTarget(change)).not.toBe(key);
});

test('another account or region is another key', () => {
  expect(contentKey({ ...base, account: '444455556666' })).not.toBe(key);
  expect(contentKey({ ...base, region: 'us-east-1' })).not.toBe(key);
});

test('who must approve, the order of `needs` and of dependencies, and what nobody reads change nothing', () => {
  const policy = {
    approval: 'always',
    approvers: ['team'],
    selfApproval: true,
    protect: ['x'],
    rollback: 'off',
  } as const;
  expect(withTarget({ component: 'web', formerly: 'app' })).toBe(key);
  expect(withTarget({ policy: { ...policy, approvers: ['team'], protect: ['x'], rollback: 'off' } })).toBe(
    key,
  );
  expect(withTarget({ needs: ['db', 'net'] })).toBe(key);
  expect(contentKey({ ...base, dependencies: ['not/there', 'lib', 'lib', 'app'] })).toBe(key);
  expect(withEntry('other', { id: 'c2' })).toBe(key);
});

test.each(['app', 'lib', 'docs/a.md'])('another content of %s is another key', (path) => {
  expect(withEntry(path, { id: 'e1' })).not.toBe(key);
});

test('a watched file that becomes executable, and a dependency that appears, count', () => {
  expect(withEntry('docs/a.md', { mode: '100755' })).not.toBe(key);
  const appeared: TreeEntry = { path: 'not/there', mode: '100644', type: 'blob', id: 'd2' };
  expect(contentKey({ ...base, tree: treeOf([...entries, appeared]) })).not.toBe(key);
  expect(contentKey({ ...base, dependencies: ['lib'] })).not.toBe(key);
});

test('input values count by name and value, not by order', () => {
  expect(inputKey({ a: 1, b: { c: 2, d: 3 } })).toBe(inputKey({ b: { d: 3, c: 2 }, a: 1 }));
  expect(inputKey({ a: 1 })).not.toBe(inputKey({ a: '1' }));
  expect(inputKey({ a: [1, 2] })).not.toBe(inputKey({ a: [2, 1] }));
  expect(inputKey({})).not.toBe(inputKey({ a: null }));
});

describe('properties', () => {
  const id = fc.stringMatching(/^[0-9a-f]{40}$/);

  test('any change under a dependency path changes the key', () => {
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 5 }), fc.nat(), id, (ids, index, other) => {
        const changed = index % ids.length;
        fc.pre(ids[changed] !== other);
        const dependencies = ids.map((_, at) => `dependency/${at}`);
        const keyWith = (list: string[]) =>
          contentKey({
            ...base,
            dependencies,
            tree: treeOf(
              list.map((one, at) => ({ path: `dependency/${at}`, mode: '040000', type: 'tree', id: one })),
            ),
          });
        expect(keyWith(ids.with(changed, other))).not.toBe(keyWith(ids));
      }),
    );
  });

  test('the order of keys in belay.yaml never changes a content key', () => {
    const shuffled = (value: unknown, pick: (length: number) => number): unknown => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const left = Object.entries(value);
      const out: [string, unknown][] = [];
      while (left.length > 0) {
        const [next] = left.splice(pick(left.length), 1);
        if (next) out.push([next[0], shuffled(next[1], pick)]);
      }
      return Object.fromEntries(out);
    };
    const manifest = {
      version: 1,
      environments: { dev: { account: '111122223333', region: 'eu-west-1', env: { A: 'x', B: 'y' } } },
      defaults: { tool: 'opentofu', toolVersion: '1.11.0' },
      components: {
        net: { path: 'lib' },
        db: { path: 'other' },
        app: {
          path: 'app',
          needs: ['net', 'db'],
          inputs: { a: 'net.a', b: 'db.b' },
          variables: { x: { q: 1, r: [{ s: 1, t: 2 }] }, y: 'z' },
          secrets: { K: 'k', L: 'l' },
          in: { dev: { env: { C: 'z', A: 'w' }, approval: 'always' } },
        },
      },
    };
    const keysOf = (text: string) => {
      const result = parseManifest(text);
      if ('problems' in result) throw new Error(JSON.stringify(result.problems));
      const targets = resolveTargets(result.manifest).flatMap((environment) => environment.targets);
      return new Map(targets.map((one) => [one.component, contentKey({ ...base, target: one })]));
    };
    const expected = keysOf(JSON.stringify(manifest));
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (stream) => {
        const pick = (length: number) => Number(stream.next().value) % length;
        expect(keysOf(JSON.stringify(shuffled(manifest, pick)))).toEqual(expected);
      }),
    );
  });
});

test('the context of an image counts like the directory', () => {
  const build = { context: 'other', dockerfile: 'Dockerfile' };
  const keyWith = (id: string) =>
    contentKey({
      ...base,
      target: { ...target, build },
      tree: treeOf(entries.map((one) => (one.path === 'other' ? { ...one, id } : one))),
    });
  expect(keyWith('c2')).not.toBe(keyWith('c1'));
  expect(withEntry('other', { id: 'c2' })).toBe(key);
});
