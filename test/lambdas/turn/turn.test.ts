/** Turns under every interleaving: random graphs, calls side by side, repeated, crashed and called again. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openTurn } from '../../../core/deployment/opening.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { Ledger, Tokens } from '../../../lambdas/ports.ts';
import { endTurn } from '../../../lambdas/shared/turns.ts';
import { turn } from '../../../lambdas/turn/turn.ts';
import { release, target, world } from '../../support/deployment-world.ts';

const FENCE = 3;

/** For each component, which of those before it it needs: always a graph without circles. */
const graphs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 8 }).map((rows) =>
  rows.map((picks, index) => {
    const needs = index === 0 ? [] : picks.map((pick) => `c${pick % index}`);
    return target(`c${index}`, { needs: [...new Set(needs)] });
  }),
);

class Crash extends Error {}

test('every target gets its turn after all it needs has ended, and none waits for ever', async () => {
  await fc.assert(
    fc.asyncProperty(
      graphs,
      fc.scheduler(),
      fc.infiniteStream(fc.nat(9)),
      async (targets, scheduler, chance) => {
        const w = world();
        const ref = await release(w, { environments: { dev: targets } });
        const affected = new Set(targets.map(({ component }) => component));
        for (const entry of targets) {
          await w.ledger.put(ledgerKeys.turn(7, ref.id, entry), openTurn(entry, affected, FENCE));
        }
        const ended = new Set<string>();
        const failing = new Set(targets.flatMap(({ component }) => (draw() === 0 ? component : [])));
        const began = new Map<string, () => void>();
        const turns: string[] = [];

        function draw() {
          return chance.next().value ?? 9;
        }
        /** One call's ports: every step is scheduled among all others, and some calls die on the way. */
        function callPorts(): { ledger: Ledger; tokens: Tokens } {
          const diesAfter = draw() < 4 ? draw() % 4 : Number.POSITIVE_INFINITY;
          let steps = 0;
          const step = async <T>(act: () => Promise<T>): Promise<T> => {
            await scheduler.schedule(Promise.resolve());
            if (steps++ >= diesAfter) throw new Crash();
            return act();
          };
          return {
            ledger: { ...w.ledger, update: (...parameters) => step(() => w.ledger.update(...parameters)) },
            tokens: {
              succeed: (token, output) =>
                step(async () => {
                  const [component = ''] = token.split(' ');
                  const needs = targets.find((entry) => entry.component === component)?.needs ?? [];
                  expect(needs.filter((one) => !ended.has(one))).toEqual([]);
                  const answer = await w.ports.tokens.succeed(token, output);
                  if (answer === 'sent') began.get(token)?.();
                  return answer;
                }),
            },
          };
        }
        /** At least once: calls are repeated at will, and until one has come through. */
        async function atLeastOnce(call: (ports: ReturnType<typeof callPorts>) => Promise<unknown>) {
          const extra = draw() === 1 ? [call(callPorts()).catch(ignoreCrash)] : [];
          for (;;) {
            const isDone = await call(callPorts()).then(() => true, ignoreCrash);
            if (isDone) break;
          }
          await Promise.all(extra);
        }
        const dependentsOf = (component: string) =>
          targets.filter(({ needs }) => needs.includes(component)).map((entry) => entry.component);
        async function flow(component: string) {
          const at = { release: ref, environment: 'dev', execution: 'e', component, fence: FENCE, flow: 'f' };
          const itsTurn = new Promise<void>((resolve) => {
            for (const n of [1, 2]) began.set(`${component} ${n}`, resolve);
          });
          // A Task whose function crashed is retried with a new token; the old one's call may still be under way.
          const tokens = draw() < 3 ? [1, 2] : [1];
          await Promise.all(
            tokens.map((n) => atLeastOnce((ports) => turn({ ...at, token: `${component} ${n}` }, ports))),
          );
          await itsTurn;
          turns.push(component);
          ended.add(component);
          const outcome = failing.has(component) ? 'failed' : 'applied';
          await atLeastOnce((ports) => endTurn({ ...at, outcome }, dependentsOf(component), ports));
        }
        const flows = Promise.all(targets.map(({ component }) => flow(component)));
        await scheduler.waitFor(flows);
        expect(turns.toSorted()).toEqual(targets.map(({ component }) => component).toSorted());
        for (const entry of targets) {
          const item = await w.ledger.get(ledgerKeys.turn(7, ref.id, entry));
          const blocking = entry.needs.filter((one) => failing.has(one));
          expect(item?.waitingOn).toBeUndefined();
          expect([...((item?.blockedBy as Set<string> | undefined) ?? [])].toSorted()).toEqual(
            blocking.toSorted(),
          );
        }
      },
    ),
    { numRuns: 120 },
  );
});

function ignoreCrash(error: unknown): false {
  if (error instanceof Crash) return false;
  throw error;
}

test('a target that is not waited for gets its turn at once; another attempt gets none', async () => {
  const w = world();
  const ref = await release(w, { environments: { dev: [target('network')] } });
  const at = { release: ref, environment: 'dev', execution: 'e', component: 'network', flow: 'f' };
  await w.ledger.put(ledgerKeys.turn(7, ref.id, at), { attempt: 3 });
  await turn({ ...at, fence: 3, token: 't' }, w.ports);
  expect(w.sent).toEqual(new Map([['t', {}]]));
  await expect(turn({ ...at, fence: 2, token: 'late' }, w.ports)).rejects.toThrow(
    'waiting for the turn of dev/network: it was not opened under fence 2',
  );
  expect(w.sent.has('late')).toBe(false);
});

test('the end of a target under an older fence wakes nobody', async () => {
  const w = world();
  const targets = [target('network'), target('app', { needs: ['network'] })];
  const ref = await release(w, { environments: { dev: targets } });
  const at = { release: ref, environment: 'dev', execution: 'e' };
  const key = ledgerKeys.turn(7, ref.id, { ...at, component: 'app' });
  await w.ledger.put(key, { attempt: 3, waitingOn: new Set(['network']), tokens: new Set(['t']) });
  const end = { ...at, component: 'network', outcome: 'applied' as const };
  await endTurn({ ...end, fence: 2 }, ['app'], w.ports);
  expect(w.sent.size).toBe(0);
  await endTurn({ ...end, fence: 3 }, ['app'], w.ports);
  expect(w.sent).toEqual(new Map([['t', {}]]));
});
