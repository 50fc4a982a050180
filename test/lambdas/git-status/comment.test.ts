/** The one comment on a pull request: what it says, and that there is never a second one. */
import { beforeEach, expect, test } from '@jest/globals';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { PullItem, ReleaseItem } from '../../../core/ledger/release-items.ts';
import { GitHubError } from '../../../lambdas/github-error.ts';
import { COMMIT, ID, outcome, releaseItem, statusWorld } from './world.ts';

type World = Awaited<ReturnType<typeof statusWorld>>;

const MERGED = 'ab'.repeat(20);
const PULL = { number: 7, head: COMMIT, base: 'main', fork: false };
const pullKey = ledgerKeys.pull(1, 7);

let w: World;
beforeEach(async () => {
  w = await statusWorld();
  await plans(w);
});

const planned = (change: Partial<ReleaseItem> = {}) =>
  ({ operation: 'plan', pull: PULL, ...change }) as const;

async function plans(world: World) {
  await world.release(planned());
  const item: PullItem = { version: 1, number: 7, head: COMMIT, at: '2026-11-21T08:00:00.000Z', release: ID };
  await world.ledger.put(pullKey, item);
}

async function done(world = w, change: Partial<ReleaseItem> = {}) {
  await world.put(
    outcome('network', {
      ...{ outcome: 'planned', asks: 'replaces aws_vpc.main (protected)' },
      changes: { add: 1, change: 0, destroy: 0, replace: 1, import: 0, move: 0, outputs: 0 },
    }),
  );
  await world.put(outcome('app', { outcome: 'planned', reason: 'deferred: network' }));
  await world.put(outcome('other', { outcome: 'unchanged', affected: 'unaffected', reason: 'not affected' }));
  await world.deployment({ verdict: 'succeeded' });
  await world.release(
    planned({ verdict: 'succeeded', reason: 'planned dev', endedAt: '2026-11-21T08:02:00.000Z', ...change }),
  );
}

const text = (world = w) => [...world.github.comments.values()].join('\n=====\n');
const written = (world = w) => world.told().filter((line) => line.includes('comment'));

test('it says what merging would change, who will be asked, what waits for whom, and how long it took', async () => {
  await done(w, { note: 'planned once it is merged, because it is new: mine' });
  await w.changed();
  expect(text().split('\n\n')).toEqual([
    '### What merging this would change',
    '`c0ffee1` into `main`: 3 targets: 2 planned, 1 unchanged (took 2 min 0 s)',
    'planned once it is merged, because it is new: mine',
    '**A person will be asked** before this is applied:',
    '- `dev/network`: replaces aws\\_vpc.main (protected)',
    '**Warning:** resources would go:',
    '- `dev/network`: 1 to replace',
    'Can only be planned once this is applied:',
    '- `dev/app` waits: deferred: network',
    expect.stringMatching(/^\| target \| outcome \| change \|/),
    'The plans themselves are in the checks.',
    '<!-- belay plans this since 2026-11-21T08:00:00.000Z -->',
  ]);
});

test('one comment, changed where it stands: at the beginning and at the end, however often it is looked at', async () => {
  for (let time = 0; time < 3; time++) await w.changed();
  expect(text()).toContain('Planning `c0ffee1` into `main` …');
  await w.put(outcome('network', { progress: 'checking' }));
  await w.changed();
  await done();
  for (let time = 0; time < 3; time++) await w.changed();
  expect(written()).toEqual(['comment on #7', 'change of comment 1']);
  expect(text()).not.toContain('Planning');
});

test('what waits for a command says which', async () => {
  const reason =
    'from a fork: nothing of it runs until a maintainer has read it and comments /belay plan c0ffee1';
  await w.release(planned({ verdict: 'waiting', reason, pull: { ...PULL, fork: true } }));
  await w.changed();
  expect(text()).toContain(`Not planned yet: \`c0ffee1\` into \`main\`: ${reason}`);
  expect(text()).toContain('without secrets: read it first');
});

test('after the merge the same comment says what happened', async () => {
  await done();
  await w.changed();
  const merge = {
    id: '20261121-abababa-1',
    commit: MERGED,
    verdict: 'succeeded',
    reason: 'deployed to dev',
  } as const;
  await w.ledger.put(
    ledgerKeys.release(1, merge.id),
    releaseItem({ ...merge, endedAt: '2026-11-21T08:09:00.000Z' }),
  );
  await w.ledger.put(
    ledgerKeys.outcome(1, merge.id, { environment: 'dev', component: 'network' }),
    outcome('network', { outcome: 'applied' }),
  );
  await w.ledger.put(ledgerKeys.commit(1, MERGED), { release: merge.id });
  await w.ledger.update(pullKey, { set: { merged: MERGED } });
  await w.changed();
  expect(written()).toEqual(['comment on #7', 'change of comment 1']);
  expect(text()).toMatch(
    /### What merging this would change[\s\S]*### Merged as `abababa`\n\n1 target: 1 applied \(took 9 min 0 s\)/,
  );
});

test('a comment that was written while the note of it was lost is found again', async () => {
  await done();
  const { createComment } = w.comments;
  w.github.over.createComment = async (...given) => {
    await createComment(...given);
    throw new GitHubError(502, 'Bad Gateway');
  };
  await w.changed();
  expect(w.github.comments.size).toBe(1);
  delete w.github.over.createComment;
  await w.wait(5);
  expect(w.queue).toHaveLength(0);
  expect(written()).toEqual(['comment on #7', 'change of comment 1']);
  expect(await w.ledger.get(pullKey)).toMatchObject({ comment: { id: 1 } });
});

test('one whose writer was killed is found again when that must be over', async () => {
  await done();
  const since = '2026-11-21T08:00:00.000Z';
  w.github.comments.set(1, `old\n\n<!-- belay plans this since ${since} -->`);
  await w.ledger.update(pullKey, { set: { comment: { digest: '', since, at: since } } });
  await w.changed();
  await w.wait(60);
  expect(w.queue).toHaveLength(1);
  await w.wait(300);
  expect(w.queue).toHaveLength(0);
  expect(written()).toEqual(['change of comment 1']);
  expect(text()).toContain('1 to replace');
});

test('two at once make one comment, and it says the newest', async () => {
  const { createComment } = w.comments;
  let isFirst = true;
  w.github.over.createComment = async (...given) => {
    const id = await createComment(...given);
    if (isFirst) {
      isFirst = false;
      // Meanwhile the plan ends, and another function, told of that, looks at the pull request.
      await done();
      const other = { id: 'other', visibleAt: w.clock.now, tries: 0 };
      w.queue.push(other);
      await w.poll(other);
      expect(w.queue).toHaveLength(2);
    }
    return id;
  };
  await w.changed();
  await w.wait(300);
  expect(w.github.comments.size).toBe(1);
  expect(text()).toContain('1 to replace');
});

test('a comment that somebody has deleted is written anew; where we may not write, that is logged and nothing waits', async () => {
  await w.changed();
  w.github.comments.clear();
  await done();
  await w.changed();
  expect(w.github.comments.size).toBe(1);

  const locked = await statusWorld();
  await plans(locked);
  locked.github.over.createComment = async () => {
    throw new GitHubError(403, 'Resource not accessible by integration');
  };
  await locked.changed();
  expect(locked.queue).toEqual([]);
  expect(locked.lines.join('\n')).toContain('comment dropped');
  // Nor does the next change; once the conversation is open, the comment is made.
  await done(locked);
  await locked.changed();
  expect(locked.queue).toEqual([]);
  expect(locked.lines.filter((line) => line.includes('comment dropped'))).toHaveLength(2);
  delete locked.github.over.createComment;
  await locked.changed();
  expect(text(locked)).toContain('1 to replace');
});

test('a refusal does not make a second comment of one that was written and not noted', async () => {
  await done();
  const { createComment } = w.comments;
  w.github.over.createComment = async (...given) => {
    await createComment(...given);
    throw new GitHubError(502, 'Bad Gateway');
  };
  w.github.over.findComment = async () => {
    throw new GitHubError(403, 'Resource not accessible by integration');
  };
  await w.changed();
  await w.wait(60);
  expect(w.queue).toEqual([]);
  delete w.github.over.createComment;
  delete w.github.over.findComment;
  await w.changed();
  expect(written()).toEqual(['comment on #7', 'change of comment 1']);
});

test('with a token there is no comment', async () => {
  const plain = await statusWorld('token');
  await plans(plain);
  await done(plain);
  await plain.changed();
  expect(plain.github.comments.size).toBe(0);
  expect(plain.told()).toContain('belay success: plan of #7: 3 targets: 2 planned, 1 unchanged');
});

test('three hundred targets are within what GitHub takes', async () => {
  await done();
  const changes = { add: 0, change: 0, destroy: 9, replace: 9, import: 0, move: 0, outputs: 0 };
  for (let n = 0; n < 300; n++) {
    const reason = `deferred: ${'network, '.repeat(40)}`;
    await w.put(
      outcome(`component-with-a-long-name-${n}`, {
        outcome: 'planned',
        reason,
        changes,
        asks: 'x'.repeat(900),
      }),
    );
  }
  await w.changed();
  expect(Buffer.byteLength(text())).toBeLessThan(65_536);
  expect(text()).toMatch(/…and \d+ more targets/);
});
