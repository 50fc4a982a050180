/** From a pull request to a release that plans it: what is merged, which release speaks for it, and what is given up. */
import { expect, test } from '@jest/globals';
import type { PlanRequested } from '../../../core/contracts/operation.ts';
import type { PullRequestChanged } from '../../../core/contracts/pull.ts';
import { releaseDocumentSchema } from '../../../core/contracts/release.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { FetchedCommit, Git, Merged, Merges } from '../../../lambdas/ports.ts';
import { gitMemory } from '../../support/git-memory.ts';
import { COMMIT, FILES, MANIFEST, push, REPOSITORY, world } from './world.ts';

const HEAD = COMMIT;
const NEWER = 'feed'.repeat(10);
const ONTO = '5b1f'.repeat(10);
const MERGE = 'ab'.repeat(20);
const FORK = { fork: true };

const changed = (pull: object = {}, more: Partial<PullRequestChanged> = {}): PullRequestChanged => ({
  delivery: 'guid-1',
  repository: { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' },
  pull: { number: 7, head: HEAD, base: 'main', fork: false, draft: false, ...pull },
  at: '2026-11-21T08:00:00Z',
  sender: 'mira-lind',
  ...more,
});

const asked = (pull: object = {}, more: Partial<PlanRequested> = {}): PlanRequested => ({
  operation: 'plan',
  request: 'request-1',
  repository: { id: REPOSITORY, fullName: 'acme/shop', defaultBranch: 'main' },
  commit: HEAD,
  by: 'octo',
  pull: { number: 7, head: HEAD, base: 'main', fork: false, ...pull },
  ...more,
});

const commitOf = (files: Record<string, string>) =>
  new Promise<FetchedCommit>((resolve) => {
    void gitMemory(files).withCommit('acme/shop', HEAD, async (commit) => resolve(commit));
  });

/** A pull request whose merge has these files, onto a base branch with those. */
function merging(result: Record<string, string> = FILES, base: Record<string, string> = FILES) {
  return answering(async () => ({
    ...{ kind: 'merged', onto: ONTO, merge: MERGE },
    ...{ result: await commitOf(result), base: await commitOf(base) },
  }));
}

function answering(merge: () => Promise<Merged>) {
  const wished: string[] = [];
  const merges: Merges = {
    async withMerge(repository, { base, head }, use) {
      wished.push(`${head.slice(0, 7)} into ${base} of ${repository}`);
      return use(await merge());
    },
  };
  const noGit: Git = {
    withCommit: async () => {
      throw new Error('nothing but the merge was to be fetched');
    },
  };
  return { ...world(noGit, { merges }), wished };
}

const releaseAt = (n = 1, head = HEAD) => `20261121-${head.slice(0, 7)}-${n}`;
const releaseItem = (w: ReturnType<typeof merging>, id: string) =>
  w.item(`${REPOSITORY}/release/${id}`, 'release');

test('what is planned is the merge; what people look at is the head', async () => {
  const w = merging({ ...FILES, 'components/database/main.tf': 'locals { a = 1 }\n' });
  expect(await w.run('arn:release:1', changed())).toEqual({
    decision: 'plan',
    release: { id: releaseAt(), repository: REPOSITORY, commit: HEAD },
    environments: ['dev', 'prod'],
  });
  expect(w.wished).toEqual(['c0ffee1 into main of acme/shop']);
  expect([...w.objects.objects.keys()].sort()).toEqual([
    `${REPOSITORY}/releases/${releaseAt()}/release.json`,
    `${REPOSITORY}/sources/${MERGE}.tar.gz`,
    `${REPOSITORY}/sources/${MERGE}.tree.gz`,
  ]);
  const document = JSON.parse(
    `${w.objects.objects.get(`${REPOSITORY}/releases/${releaseAt()}/release.json`)}`,
  );
  expect(document).toMatchObject({
    operation: 'plan',
    release: { commit: HEAD },
    pull: { number: 7, head: HEAD, base: 'main', fork: false, onto: ONTO, merge: MERGE },
  });
  expect(await releaseItem(w, releaseAt())).toMatchObject({
    ...{ operation: 'plan', branch: 'main', reason: 'planning dev, prod' },
    pull: { number: 7, head: HEAD },
  });
  expect(await w.item(`${REPOSITORY}/pull/7`, 'pull')).toMatchObject({ head: HEAD, release: releaseAt() });
});

test('the base branch says where: a new environment waits until it is merged', async () => {
  const head = MANIFEST.replace(
    'environments:\n',
    'environments:\n  mine: { account: "999999999999", region: eu-west-1 }\n',
  ).replace('account: "111122223333"', 'account: "999999999999"');
  const w = merging({ ...FILES, 'belay.yaml': head });
  expect(await w.run('arn:release:1', changed())).toMatchObject({ environments: ['dev', 'prod'] });
  const document = JSON.parse(
    `${w.objects.objects.get(`${REPOSITORY}/releases/${releaseAt()}/release.json`)}`,
  );
  expect(document.environments[0]).toMatchObject({ name: 'dev', account: '111122223333' });
  expect(await releaseItem(w, releaseAt())).toMatchObject({
    reason:
      'planning dev, prod; planned once it is merged, because it is new: mine; planned as on main until merged: account of dev',
  });
});

test('what stays as the base branch has it is named, and another tool is not planned before the merge', async () => {
  const head = MANIFEST.replace(
    'components/network, tool: opentofu',
    'components/network, tool: shell, commands: { apply: ./apply }, secrets: { KEY: app/key }',
  ).replace('needs: [network]', 'needs: [network], in: { prod: { secrets: { KEY: app/key } } }');
  const w = merging({ ...FILES, 'belay.yaml': head });
  await w.run('arn:release:1', changed());
  const note =
    'planned as on main until merged: tool, secrets of dev/network, prod/network; secrets of prod/database';
  expect(await releaseItem(w, releaseAt())).toMatchObject({ reason: `planning dev, prod; ${note}`, note });
  const document = releaseDocumentSchema.parse(
    JSON.parse(`${w.objects.objects.get(`${REPOSITORY}/releases/${releaseAt()}/release.json`)}`),
  );
  const told = document.environments.flatMap(({ name, targets }) =>
    targets.map(({ entry, deferred }) => [name, entry.component, entry.tool, deferred]),
  );
  expect(told).toEqual([
    ['dev', 'network', 'opentofu', 'its tool changes with the merge'],
    ['dev', 'database', 'opentofu', undefined],
    ['prod', 'network', 'opentofu', 'its tool changes with the merge'],
    ['prod', 'database', 'opentofu', undefined],
  ]);
});

test.each<[string, Merged, string, string]>([
  [
    'a conflict',
    { kind: 'conflict', onto: ONTO, paths: ['a.tf', 'b.tf'] },
    'failed',
    'c0ffee1 does not merge into main (5b1f5b1): conflicts in a.tf, b.tf; merge main into the branch',
  ],
  ['merged before', { kind: 'contained', onto: ONTO }, 'nothing-to-do', 'main (5b1f5b1) has c0ffee1 already'],
  [
    'another history',
    { kind: 'unrelated', onto: ONTO },
    'failed',
    'c0ffee1 and main (5b1f5b1) have no common ancestor',
  ],
])('%s is said, and nothing is planned', async (_, merged, verdict, reason) => {
  const w = answering(async () => merged);
  expect(await w.run('arn:release:1', changed())).toEqual({ decision: 'end', verdict, reason });
  expect(w.changed).toEqual([releaseAt(), releaseAt()]);
  expect(w.objects.objects.size).toBe(0);
});

test('without a manifest in the base branch nobody has said where', async () => {
  const { 'belay.yaml': _, ...without } = FILES;
  const answer = await merging(FILES, without).run('arn:release:1', changed());
  expect(answer).toMatchObject({
    verdict: 'nothing-to-do',
    reason: 'main has no belay.yaml yet, which says where may be deployed and by whom',
  });
});

test('a broken manifest in the base branch stops no pull request, least of all the one that mends it', async () => {
  const broken = { ...FILES, 'belay.yaml': MANIFEST.replace('version: 1', 'version: 2\nhm: 1') };
  const w = merging(FILES, broken);
  const reason =
    "main's manifest cannot be read, so nothing can be planned: belay.yaml:1:10 version: must be 1; belay.yaml:2:1 hm: `hm` is not a known key";
  const answer = await w.run('arn:release:1', changed());
  expect(answer).toEqual({ decision: 'end', verdict: 'nothing-to-do', reason });
  // The pull request's own manifest is its own affair.
  const own = await merging(broken, FILES).run('arn:release:1', changed());
  expect(own).toMatchObject({
    verdict: 'refused',
    reason: expect.stringMatching(/^belay.yaml:1:10 version: must be 1\n/),
  });
});

test('a pull request is planned only where both it and its base branch may deploy to', async () => {
  const places = { accounts: ['111122223333', '444455556666'], regions: undefined };
  const elsewhere = { ...FILES, 'belay.yaml': MANIFEST.replace('444455556666', '999999999999') };
  const refused = 'belay.yaml:3:20 environments.prod.account: this Belay does not deploy to `999999999999`';
  const moving = merging(elsewhere, FILES);
  expect(await moving.run('arn:release:1', changed(), { ...moving.ports, places })).toMatchObject({
    verdict: 'refused',
    reason: expect.stringContaining(refused),
  });
  const returning = merging(FILES, elsewhere);
  expect(await returning.run('arn:release:1', changed(), { ...returning.ports, places })).toMatchObject({
    verdict: 'nothing-to-do',
    reason: expect.stringContaining(refused),
  });
});

test.each([
  [
    'a fork',
    FORK,
    'from a fork: nothing of it runs until a maintainer has read it and comments /belay plan c0ffee1',
  ],
  ['a draft', { draft: true }, 'a draft is planned when it is ready, or when somebody comments /belay plan'],
])('%s waits for a command: nothing of it is even fetched', async (_, pull, reason) => {
  const w = merging();
  expect(await w.run('arn:release:1', changed(pull))).toEqual({
    decision: 'end',
    verdict: 'waiting',
    reason,
  });
  expect(w.wished).toEqual([]);
  const { draft: _draft, ...told } = { ...changed(pull).pull };
  const answer = await w.run('arn:release:2', asked(told));
  expect(answer).toMatchObject({ decision: 'plan', release: { id: releaseAt(2) } });
  expect(w.wished).toHaveLength(1);
});

test('a command is for one head: after a push it plans nothing, and the push of a fork waits for a new one', async () => {
  const w = merging();
  await w.run('arn:release:1', changed(FORK));
  w.running.add('arn:release:2');
  await w.run('arn:release:2', asked(FORK));
  const at = '2026-11-21T08:10:00Z';
  const pushed = changed({ ...FORK, head: NEWER }, { delivery: 'guid-2', at });
  expect(await w.run('arn:release:3', pushed)).toMatchObject({ verdict: 'waiting' });
  // What was being planned is given up with it.
  expect(await releaseItem(w, releaseAt(2))).toMatchObject({
    cancelled: { by: 'belay', newer: `20261121-${NEWER.slice(0, 7)}-1` },
  });
  const again = asked(FORK, { request: 'request-2' });
  expect(await w.run('arn:release:4', again)).toEqual({
    decision: 'end',
    verdict: 'superseded',
    reason: 'pull request 7 is at feedfee by now',
  });
  expect(w.wished).toHaveLength(1);
});

test('a newer push gives the older plan up, also when it is told twice; an older delivery that comes late changes nothing', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const newer = changed({ head: NEWER }, { delivery: 'guid-2', at: '2026-11-21T08:10:00Z' });
  const second = `20261121-${NEWER.slice(0, 7)}-1`;
  expect(await w.run('arn:release:2', newer)).toMatchObject({ decision: 'plan', release: { id: second } });
  expect(await releaseItem(w, releaseAt())).toMatchObject({ cancelled: { newer: second } });
  expect(await w.run('arn:release:2', newer)).toMatchObject({ decision: 'plan' });
  expect(await releaseItem(w, second)).not.toHaveProperty('cancelled');

  const late = changed({}, { delivery: 'guid-3', at: '2026-11-21T08:05:00Z' });
  expect(await w.run('arn:release:3', late)).toMatchObject({
    verdict: 'superseded',
    reason: 'pull request 7 is at feedfee by now',
  });
  expect(await releaseItem(w, second)).not.toHaveProperty('cancelled');
  expect(await w.item(`${REPOSITORY}/pull/7`, 'pull')).toMatchObject({ head: NEWER, release: second });
});

const newestOf = async (w: ReturnType<typeof merging>, commit = HEAD) =>
  (await w.item(`${REPOSITORY}/commit/${commit}`, 'commit'))?.release;

test("a fork that is opened for somebody else's commit does not take its checks over", async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const copy = changed({ ...FORK, number: 8 }, { delivery: 'guid-2' });
  expect(await w.run('arn:release:2', copy)).toMatchObject({ verdict: 'waiting' });
  expect(await newestOf(w)).toBe(releaseAt(1));
  // Its own, it does.
  const own = changed(
    { ...FORK, number: 8, head: NEWER },
    { delivery: 'guid-3', at: '2026-11-21T08:10:00Z' },
  );
  await w.run('arn:release:3', own);
  expect(await newestOf(w, NEWER)).toBe(`20261121-${NEWER.slice(0, 7)}-1`);
});

test('an older delivery of the same head that comes late leaves the plan what people see', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const late = changed({ draft: true }, { delivery: 'guid-2', at: '2026-11-21T07:59:00Z' });
  expect(await w.run('arn:release:2', late)).toMatchObject({ verdict: 'superseded' });
  expect(await newestOf(w)).toBe(releaseAt(1));
  expect(await releaseItem(w, releaseAt(1))).not.toHaveProperty('cancelled');
});

test('of two that want the same head planned at once the later one stays, and is what people see', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const key = ledgerKeys.pull(REPOSITORY, 7);
  await w.ledger.update(key, { set: { release: releaseAt(9), version: 2 } });
  expect(await w.run('arn:release:2', asked())).toMatchObject({
    verdict: 'superseded',
    reason: `release ${releaseAt(9)} speaks for pull request 7`,
  });
  expect(await newestOf(w)).toBe(releaseAt(1));
});

test('a new base branch that is not deployed gives the plan up, unless it comes late', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const away = (delivery: string, at: string) => changed({ base: 'release/1' }, { delivery, at });
  await w.run('arn:release:2', away('guid-2', '2026-11-21T07:59:00Z'));
  expect(await releaseItem(w, releaseAt())).not.toHaveProperty('cancelled');
  await w.run('arn:release:3', away('guid-3', '2026-11-21T08:01:00Z'));
  expect(await releaseItem(w, releaseAt())).toMatchObject({
    cancelled: { newer: 'its new base branch, release/1' },
  });
});

test('a push that came before the first command, and is told after it, is planned', async () => {
  const w = merging();
  await w.run('arn:release:1', asked());
  const pushed = changed({ head: NEWER }, { delivery: 'guid-2', at: '2026-11-20T08:00:00Z' });
  expect(await w.run('arn:release:2', pushed)).toMatchObject({ decision: 'plan' });
});

test('a job that still plans the older head is ended', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const at = { repository: REPOSITORY, release: releaseAt(), environment: 'dev', component: 'network' };
  await w.ledger.put(ledgerKeys.outcome(REPOSITORY, releaseAt(), at), {
    ...{ environment: 'dev', component: 'network', attempt: 1 },
    ...{ affected: 'changed', progress: 'planning', reason: '' },
  });
  const job = `${REPOSITORY}/releases/${releaseAt()}/dev/network/plan/job-1-0.json`;
  await w.ledger.put(ledgerKeys.job(job), {
    jobId: 'job-9',
    nonceHash: 'a'.repeat(64),
    stage: 'plan',
    ended: false,
  });
  await w.run('arn:release:2', changed({ head: NEWER }, { delivery: 'guid-2', at: '2026-11-21T08:10:00Z' }));
  expect(w.terminated).toEqual(['job-9']);
});

test('closed, it is planned no more; merged, the commit that came of it knows its pull request', async () => {
  const w = merging();
  await w.run('arn:release:1', changed());
  const closed = { closed: { commit: MERGE }, at: '2026-11-21T09:00:00Z' };
  expect(await w.run('arn:release:2', changed({}, { ...closed, delivery: 'guid-2' }))).toMatchObject({
    verdict: 'nothing-to-do',
    reason: 'pull request 7 was merged',
  });
  expect(await releaseItem(w, releaseAt())).toMatchObject({ cancelled: { newer: 'its being closed' } });
  expect(await w.item(`${REPOSITORY}/commit/${MERGE}`, 'merged')).toMatchObject({ number: 7 });
  expect(await w.item(`${REPOSITORY}/pull/7`, 'pull')).toMatchObject({ merged: MERGE, version: 2 });
});

test('a push to the branch of a pull request is no release of its own', async () => {
  const w = merging();
  expect(await w.run('arn:release:1', push({ ref: 'refs/heads/second-network' }))).toMatchObject({
    verdict: 'nothing-to-do',
  });
  expect(w.releases()).toEqual([]);
});
