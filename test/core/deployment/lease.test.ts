import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Applicant,
  acquire,
  answered,
  dropEnded,
  giveBack,
  NEW_ENVIRONMENT,
  placeInQueue,
} from '../../../core/deployment/lease.ts';
import type { EnvironmentItem } from '../../../core/ledger/environment-items.ts';

const none: ReadonlySet<string> = new Set();

function applicant(execution: string, more: Partial<Applicant> = {}): Applicant {
  return {
    execution,
    token: `token of ${execution}`,
    release: `release of ${execution}`,
    commit: '1a2b3c4'.padEnd(40, '0'),
    branch: 'main',
    startedAt: '2026-11-20T10:00:00Z',
    ...more,
  };
}

const granted = (execution: string, fence: number, ...tokens: string[]) => ({
  execution,
  tokens,
  grant: { decision: 'granted', fence },
});

describe('acquire', () => {
  test('a free environment is granted at once with the first fence', () => {
    const item = acquire(NEW_ENVIRONMENT, applicant('a'));
    expect(item).toMatchObject({
      owner: { execution: 'a', release: 'release of a' },
      fence: 1,
      seq: 1,
      queue: [],
      answers: [granted('a', 1, 'token of a')],
    });
  });

  test('a repeated call changes nothing, a retried one with a new token is answered too', () => {
    const item = acquire(NEW_ENVIRONMENT, applicant('a'));
    expect(acquire(item, applicant('a'))).toBe(item);
    expect(acquire(item, applicant('a', { token: 'second' })).answers).toEqual([
      granted('a', 1, 'token of a', 'second'),
    ]);
    const queued = acquire(item, applicant('b'));
    expect(acquire(queued, applicant('b'))).toBe(queued);
    expect(acquire(queued, applicant('b', { token: 'second' })).queue).toMatchObject([
      { execution: 'b', tokens: ['token of b', 'second'], seq: 2 },
    ]);
  });

  test('what was asked for takes no push’s place, and gives way to a push that came later', () => {
    const at = (minute: string) => ({ startedAt: `2026-11-20T10:${minute}:00Z` });
    let item = acquire(NEW_ENVIRONMENT, applicant('owner'));
    item = acquire(item, applicant('push', at('01')));
    item = acquire(item, applicant('destroy', { ...at('02'), operation: 'destroy' }));
    item = acquire(item, applicant('rollback', { ...at('04'), operation: 'rollback' }));
    expect(item.queue.map(({ execution }) => execution)).toEqual(['push', 'destroy', 'rollback']);
    item = acquire(item, applicant('newer', at('03')));
    expect(item.queue.map(({ execution }) => execution)).toEqual(['rollback', 'newer']);
  });

  test('of one branch only the newest push waits; other branches keep their place', () => {
    let item = acquire(NEW_ENVIRONMENT, applicant('owner'));
    item = acquire(item, applicant('old', { startedAt: '2026-11-20T10:01:00Z' }));
    item = acquire(item, applicant('other', { branch: 'next', startedAt: '2026-11-20T10:02:00Z' }));
    item = acquire(item, applicant('new', { startedAt: '2026-11-20T10:03:00Z' }));
    expect(item.queue.map(({ execution, seq }) => [execution, seq])).toEqual([
      ['other', 3],
      ['new', 4],
    ]);
    expect(item.answers).toEqual([
      granted('owner', 1, 'token of owner'),
      {
        execution: 'old',
        tokens: ['token of old'],
        grant: { decision: 'superseded', reason: 'a newer push of main, 1a2b3c4, is waiting' },
      },
    ]);
    expect(item.owner?.execution).toBe('owner');
    expect([placeInQueue(item, 'other'), placeInQueue(item, 'new'), placeInQueue(item, 'owner')]).toEqual([
      'waiting for the lease: 1st in the queue',
      'waiting for the lease: 2nd in the queue',
      undefined,
    ]);
  });

  test('an older release that comes later (a redrive) does not push the newer one out', () => {
    let item = acquire(NEW_ENVIRONMENT, applicant('owner'));
    item = acquire(item, applicant('new', { startedAt: '2026-11-20T10:03:00Z' }));
    item = acquire(item, applicant('redriven', { startedAt: '2026-11-19T10:00:00Z' }));
    expect(item.queue.map(({ execution }) => execution)).toEqual(['new']);
    expect(item.answers.map(({ execution, grant }) => [execution, grant.decision])).toEqual([
      ['owner', 'granted'],
      ['redriven', 'superseded'],
    ]);
  });

  test("the branch's head is the newest, whichever release came last", () => {
    const head = 'f'.repeat(40);
    const owned = acquire(NEW_ENVIRONMENT, applicant('owner'));
    const ofHead = applicant('of the head', { commit: head, startedAt: '2026-11-20T10:01:00Z' });
    const late = applicant('late', { startedAt: '2026-11-20T10:02:00Z' });
    for (const order of [
      [ofHead, late],
      [late, ofHead],
    ]) {
      const item = order.reduce((left, one) => acquire(left, one, head), owned);
      expect(item.queue.map(({ execution }) => execution)).toEqual(['of the head']);
      expect(item.answers.at(-1)).toMatchObject({
        execution: 'late',
        grant: { decision: 'superseded', reason: 'a newer push of main, fffffff, is waiting' },
      });
    }
  });
});

describe('giving back and dropping', () => {
  const twoWaiting = [
    applicant('a'),
    applicant('b', { branch: 'b' }),
    applicant('c', { branch: 'c' }),
  ].reduce((item, one) => acquire(item, one), NEW_ENVIRONMENT);

  test('the next in the queue gets a new fence', () => {
    const item = giveBack(twoWaiting, 'a');
    expect(item).toMatchObject({ owner: { execution: 'b' }, fence: 2, writers: {} });
    expect(item.queue.map(({ execution }) => execution)).toEqual(['c']);
    expect(item.answers).toEqual([granted('b', 2, 'token of b')]);
    expect(giveBack(item, 'a')).toBe(item);
  });

  test('a waiter leaves the queue without touching the lease', () => {
    const item = giveBack(twoWaiting, 'b');
    expect(item).toMatchObject({ owner: { execution: 'a' }, fence: 1 });
    expect(item.queue.map(({ execution }) => execution)).toEqual(['c']);
  });

  test('an owner that has ended keeps the lease while one of its jobs writes', () => {
    const writing = { ...twoWaiting, writers: { app: 'job-1', database: 'job-2' } };
    const ended = { executions: new Set(['a']), jobs: new Set(['job-1']) };
    expect(dropEnded(writing, ended)).toBe(writing);
    expect(dropEnded(writing, { ...ended, jobs: new Set(['job-1', 'job-2']) })).toMatchObject({
      owner: { execution: 'b' },
      fence: 2,
      writers: {},
    });
    expect(dropEnded(writing, { executions: none, jobs: new Set(['job-1', 'job-2']) })).toBe(writing);
  });

  test('an answer is forgotten when sent, except for tokens that came meanwhile', () => {
    const item = acquire(NEW_ENVIRONMENT, applicant('a'));
    const answer = item.answers[0];
    if (answer === undefined) throw new Error('nothing to answer');
    const retried = acquire(item, applicant('a', { token: 'second' }));
    expect(answered(retried, answer).answers).toEqual([granted('a', 1, 'second')]);
    expect(answered(item, answer).answers).toEqual([]);
  });
});

type Step =
  | { readonly do: 'acquire'; readonly who: number; readonly token: number }
  | { readonly do: 'give back' | 'end'; readonly who: number }
  | { readonly do: 'answer' };

const WHO = 6;
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('acquire' as const), who: fc.nat(WHO - 1), token: fc.nat(2) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('give back' as const, 'end' as const),
        who: fc.nat(WHO - 1),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ do: 'answer' as const }) },
  ),
  { maxLength: 40 },
);

/** Two branches; who starts when is unrelated to who comes when. */
const startOf = [3, 1, 2, 5, 0, 4];
const deployment = (who: number, token: number) =>
  applicant(`e${who}`, {
    token: `e${who} ${token}`,
    branch: who % 2 === 0 ? 'main' : 'next',
    startedAt: `2026-11-20T10:0${startOf[who]}:00Z`,
  });

/** Runs the steps, checks after each what must always hold, and answers who was told what in the end. */
function run(taken: readonly Step[]) {
  let item: EnvironmentItem = NEW_ENVIRONMENT;
  const asked = new Set<string>();
  const gone = new Set<string>();
  const told = new Map<string, string>();
  const holders = new Set<string>();
  const change = (next: EnvironmentItem) => {
    expect(next.fence).toBeGreaterThanOrEqual(item.fence);
    const isNewOwner = next.owner !== undefined && next.owner.execution !== item.owner?.execution;
    expect(next.fence - item.fence).toBe(isNewOwner ? 1 : 0);
    if (next.owner === undefined) expect(next.queue).toEqual([]);
    const seqs = next.queue.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
    const first = item.queue.find(({ execution }) => !gone.has(execution));
    if (isNewOwner && item.queue.some(({ execution }) => execution === next.owner?.execution)) {
      expect(next.owner?.execution).toBe(first?.execution);
    }
    for (const { execution, grant } of next.answers.filter((one) => !item.answers.includes(one))) {
      if (grant.decision !== 'superseded') continue;
      const older = deployment(Number(execution.slice(1)), 0);
      const winner = next.queue.find(({ branch }) => branch === older.branch);
      expect(winner?.startedAt.localeCompare(older.startedAt)).toBe(1);
    }
    const branches = next.queue.map(({ branch }) => branch);
    expect(new Set(branches).size).toBe(branches.length);
    item = next;
  };
  const answer = () => {
    const [sent] = item.answers;
    if (sent === undefined) return false;
    told.set(sent.execution, sent.grant.decision);
    if (sent.grant.decision === 'granted') {
      holders.add(sent.execution);
      expect(sent.grant.fence).toBe(item.fence);
    }
    change(answered(item, sent));
    return true;
  };
  const leave = (execution: string, how: Step['do']) => {
    gone.add(execution);
    holders.delete(execution);
    change(
      how === 'end'
        ? dropEnded(item, { executions: new Set([execution]), jobs: none })
        : giveBack(item, execution),
    );
  };
  for (const step of taken) {
    if (step.do === 'answer') answer();
    else if (step.do === 'acquire') {
      // An execution that has ended or settled asks for nothing, nor does one that was told already.
      if (gone.has(`e${step.who}`) || told.has(`e${step.who}`)) continue;
      asked.add(`e${step.who}`);
      change(acquire(item, deployment(step.who, step.token)));
    } else leave(`e${step.who}`, step.do);
    expect(holders.size).toBeLessThanOrEqual(1);
    for (const holder of holders) expect(item.owner?.execution).toBe(holder);
    for (const execution of asked) {
      const isKnown =
        item.owner?.execution === execution ||
        item.queue.some((waiter) => waiter.execution === execution) ||
        item.answers.some((one) => one.execution === execution);
      expect({ execution, isKnown: isKnown || told.has(execution) || gone.has(execution) }).toEqual({
        execution,
        isKnown: true,
      });
    }
  }
  for (;;) {
    if (answer()) continue;
    if (item.owner === undefined) break;
    leave(item.owner.execution, 'give back');
  }
  return { asked, told, gone };
}

test('in any order of events: one holder, first come first served, growing fences, nobody forgotten', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { asked, told, gone } = run(taken);
      for (const execution of asked) expect(told.has(execution) || gone.has(execution)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
