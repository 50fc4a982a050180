/**
 * A deployment that only waits for people gives way to a newer release, in whatever order things happen: the real functions run
 * against each other call by call in random order, die after random calls, and are called again.
 */
import { expect, test } from '@jest/globals';
import type { ApprovalAnswer, LeaseGrant, TargetRef } from '../../core/contracts/functions.ts';
import { environmentItemSchema } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../core/ledger/work-items.ts';
import { approval } from '../../lambdas/approval/approval.ts';
import { command } from '../../lambdas/command/command.ts';
import { lease } from '../../lambdas/lease/lease.ts';
import { open } from '../../lambdas/open/open.ts';
import { prepare } from '../../lambdas/prepare/prepare.ts';
import { record } from '../../lambdas/record/record.ts';
import { settle } from '../../lambdas/settle/settle.ts';
import { turn } from '../../lambdas/turn/turn.ts';
import { commitOf, outcomesOf, release, target, type World, world } from '../support/deployment-world.ts';
import { Crash, dyingPorts } from '../support/dying-ports.ts';

type Ports = World['ports'];

/** Numbers from 0 to 1 that are the same for the same seed. */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Lets one waiting process at a time take its next step, in random order, until nobody can go on. */
function interleaving(random: () => number) {
  const ready: (() => void)[] = [];
  const step = () => new Promise<void>((resolve) => ready.push(resolve));
  const stepped = (ports: Ports): Ports => {
    const wrap = <T extends object>(port: T): T =>
      Object.fromEntries(
        Object.entries(port).map(([name, method]) => [
          name,
          async (...parameters: unknown[]) => {
            await step();
            return method(...parameters);
          },
        ]),
      ) as T;
    return { ...ports, ledger: wrap(ports.ledger), tokens: wrap(ports.tokens), status: wrap(ports.status) };
  };
  let calls = 0;
  /** A function at work: one that has lost a race for the environment's item pauses for real before it tries again. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    calls++;
    return work.finally(() => calls--);
  };
  const finish = async () => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = ready.splice(Math.floor(random() * ready.length), 1);
      if (next !== undefined) next();
      else if (calls === 0) return;
    }
  };
  return { step, stepped, during, finish };
}

interface Story {
  /** Whether b asks a person too, or is tested and ends well. */
  readonly second: 'asks' | 'is tested';
  /** What ada says about a, if anything. */
  readonly ada?: 'approve' | 'reject';
  /** The push that queues is of another branch: nobody gives way to it. */
  readonly branch?: string;
}

/** Targets a and b at once, then c, which needs both. Returns what happened, when nobody can go on any more. */
async function tell(seed: number, { second, ada, branch = 'main' }: Story) {
  const w = world();
  const random = randomFrom(seed);
  const { step, stepped, during, finish } = interleaving(random);
  const environments = { dev: [target('a'), target('b'), target('c', { needs: ['a', 'b'] })] };
  const first = await release(w, { environments, startedAt: '2026-11-20T10:01:00Z' });
  const newer = await release(w, {
    ...{ commit: commitOf('2'), environments, branch, startedAt: '2026-11-20T10:02:00Z' },
  });
  const dev = { environment: 'dev', execution: 'e1', release: first };
  w.running.add('e1').add('e2');
  await lease({ ...dev, action: 'acquire', token: 'lease 1' }, w.ports);
  await open({ ...dev, fence: 1 }, w.ports);
  const refs: TargetRef[] = ['a', 'b', 'c'].map((component) => ({ ...dev, component, fence: 1 }));
  const [a, b, c] = refs as [TargetRef, TargetRef, TargetRef];
  const note = async ({ component }: TargetRef, progress: OutcomeItem['progress']) => {
    const key = ledgerKeys.outcome(7, first.id, { environment: 'dev', component });
    const facts = { progress, planDigest: `plan of ${component}`, changeDigest: 'changes', startedAt: 'now' };
    await w.ledger.update(key, { set: { ...facts, startedAt: '2026-11-20T10:01:30Z' } });
  };
  await note(a, 'checking');
  await note(b, second === 'asks' ? 'checking' : 'testing');

  const running = new Set<string>(second === 'asks' ? [] : ['b']);
  const problems: string[] = [];
  const isYielding = async () =>
    environmentItemSchema.parse(await w.ledger.get(ledgerKeys.environment(7, 'dev'))).owner?.yieldsTo !==
    undefined;
  const watched: Ports = {
    ...w.ports,
    ledger: {
      ...w.ports.ledger,
      async put(key, item, condition) {
        const before = await isYielding();
        const done = await w.ports.ledger.put(key, item, condition);
        if (!before && (await isYielding()) && running.size > 0) {
          problems.push(`gave way while ${[...running]} ran`);
        }
        return done;
      },
    },
  };
  const start = async (component: string) => {
    if (await isYielding()) problems.push(`${component} started though its deployment gave way`);
    running.add(component);
    for (let n = 0; n < 3; n++) await step();
    running.delete(component);
  };
  /** As a machine calls a function: again when it died. */
  const call = async <T>(body: (ports: Ports) => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      const ports = stepped(watched);
      const dying =
        tries < 2 && random() < 0.4 ? dyingPorts(ports, 1 + Math.floor(random() * 12)) : undefined;
      try {
        return await during(body((dying?.ports as Ports | undefined) ?? ports));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  };
  const answerTo = async <T>(token: string) => {
    while (!w.sent.has(token)) {
      if (gaveUp) return undefined;
      await idle();
    }
    return w.sent.get(token) as T;
  };
  let gaveUp = false;
  const sleepers: (() => void)[] = [];
  const idle = () => new Promise<void>((resolve) => sleepers.push(resolve));

  const end = (ref: TargetRef, outcome: OutcomeItem['outcome'], reason: string) =>
    call((ports) =>
      record({ ...ref, end: { kind: 'decided', outcome: outcome ?? 'failed', reason } }, ports),
    );
  const asks = async (ref: TargetRef) => {
    const token = `approval ${ref.component}`;
    await call((ports) => approval({ ...ref, token, reason: 'it would destroy x' }, ports));
    const answer = await answerTo<ApprovalAnswer>(token);
    if (answer === undefined) return;
    if (answer.decision !== 'approved') return end(ref, answer.decision, answer.reason);
    await start(ref.component);
    await end(ref, 'applied', 'done');
  };
  const tested = async (ref: TargetRef) => {
    await step();
    running.delete(ref.component);
    await end(ref, 'applied', 'done');
  };
  const waits = async (ref: TargetRef) => {
    await call((ports) => turn({ ...ref, token: 'turn', flow: 'flow of c' }, ports));
    if ((await answerTo('turn')) === undefined) return;
    const prepared = await call((ports) => prepare({ ...ref, stage: 'plan' }, ports));
    if (prepared.decision === 'end') return end(ref, prepared.outcome, prepared.reason);
    await start(ref.component);
    await end(ref, 'applied', 'done');
  };
  const said: { accepted: boolean }[] = [];
  const person = async () => {
    if (ada === undefined) return;
    const order = { by: 'ada', repository: 7, release: first.id, environment: 'dev', component: 'a' };
    for (let tries = 0; tries < 3 && !said.at(-1)?.accepted; tries++) {
      said.push(await call((ports) => command({ ...order, action: ada }, ports)));
    }
  };
  const queues = call((ports) =>
    lease({ ...dev, action: 'acquire', token: 'lease 2', release: newer, execution: 'e2' }, ports),
  );
  const processes = [asks(a), second === 'asks' ? asks(b) : tested(b), waits(c), person(), queues];
  let ended = 0;
  for (const process of processes) void process.finally(() => ended++);
  // Whoever waits for a token looks again whenever the others have come to a rest.
  for (let before = -1; before !== w.sent.size || ended > 0; ) {
    before = w.sent.size;
    ended = 0;
    await finish();
    for (const wake of sleepers.splice(0)) wake();
    await finish();
  }
  gaveUp = true;
  for (const wake of sleepers.splice(0)) wake();
  await Promise.all(processes);
  expect(problems).toEqual([]);
  const accepted = said.some((one) => one.accepted);
  return { w, first, newer, dev, accepted, yielded: await isYielding() };
}

const SEEDS = Array.from({ length: 250 }, (_, index) => index + 1);

test('nothing else runs: it gives way, its approvals end superseded, and the newer release gets the lease', async () => {
  for (const seed of SEEDS) {
    const { w, first, dev } = await tell(seed, { second: 'is tested' });
    expect({ seed, outcomes: await outcomesOf(w, first) }).toEqual({
      seed,
      outcomes: [
        'a: superseded (a newer push, 2222222, is waiting)',
        'b: applied (done)',
        'c: skipped (a was superseded)',
      ],
    });
    expect(await settle({ ...dev, scope: 'environment' }, w.ports)).toMatchObject({ verdict: 'superseded' });
    await lease({ ...dev, action: 'give-back' }, w.ports);
    expect(w.sent.get('lease 2') as LeaseGrant).toEqual({ decision: 'granted', fence: 2 });
  }
});

test('two approvals pending: both end superseded, whoever was parked last', async () => {
  for (const seed of SEEDS) {
    const { w, first } = await tell(seed, { second: 'asks' });
    expect({ seed, outcomes: await outcomesOf(w, first) }).toEqual({
      seed,
      outcomes: [
        'a: superseded (a newer push, 2222222, is waiting)',
        'b: superseded (a newer push, 2222222, is waiting)',
        'c: skipped (a was superseded, b was superseded)',
      ],
    });
  }
});

test('a yes either counts and is carried out to the end, or is refused: never half', async () => {
  const seen = { applied: 0, superseded: 0 };
  for (const seed of SEEDS) {
    const { w, first, accepted } = await tell(seed, { second: 'is tested', ada: 'approve' });
    const [outcomeOfA, , outcomeOfC] = await outcomesOf(w, first);
    expect({ seed, outcomeOfA, outcomeOfC }).toEqual({
      seed,
      outcomeOfA: accepted ? 'a: applied (done)' : 'a: superseded (a newer push, 2222222, is waiting)',
      outcomeOfC: accepted ? 'c: applied (done)' : 'c: skipped (a was superseded)',
    });
    seen[accepted ? 'applied' : 'superseded']++;
  }
  expect(Math.min(seen.applied, seen.superseded)).toBeGreaterThan(20);
});

test('with two pending, a yes to one keeps the other waiting until it has been carried out', async () => {
  for (const seed of SEEDS) {
    const { w, first, accepted } = await tell(seed, { second: 'asks', ada: 'approve' });
    const [outcomeOfA, outcomeOfB] = await outcomesOf(w, first);
    expect({ seed, outcomeOfA, outcomeOfB }).toEqual({
      seed,
      outcomeOfA: accepted ? 'a: applied (done)' : 'a: superseded (a newer push, 2222222, is waiting)',
      outcomeOfB: 'b: superseded (a newer push, 2222222, is waiting)',
    });
  }
});

test('a no is carried out', async () => {
  for (const seed of SEEDS.slice(0, 100)) {
    const { w, first, accepted } = await tell(seed, { second: 'is tested', ada: 'reject' });
    const [outcomeOfA] = await outcomesOf(w, first);
    expect({ seed, outcomeOfA }).toEqual({
      seed,
      outcomeOfA: accepted
        ? 'a: rejected (rejected by ada)'
        : 'a: superseded (a newer push, 2222222, is waiting)',
    });
  }
});

test('nobody gives way to another branch', async () => {
  for (const seed of SEEDS.slice(0, 30)) {
    const { w, first, yielded } = await tell(seed, { second: 'is tested', branch: 'next' });
    expect({ seed, yielded, outcomes: await outcomesOf(w, first) }).toEqual({
      seed,
      yielded: false,
      outcomes: [
        'a: undefined (it would destroy x)',
        'b: applied (done)',
        expect.stringMatching(/^c: undefined/),
      ],
    });
  }
});
