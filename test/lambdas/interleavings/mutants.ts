/** Faulty versions of the real functions, made by changing their text: each must be caught by a story. Used by `interleavings.test.ts`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import type { Subject } from './subject.ts';

const root = join(import.meta.dirname, '../../..');

/** One change of one file. `text` must be in it exactly once. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

/**
 * The functions with the change in them.
 * @throws Error when the text is not there (any more): the mutant must follow the code.
 */
export async function mutated({ what, file, text, by }: Mutant): Promise<Subject> {
  const folder = mkdtempSync(join(import.meta.dirname, '.mutant-'));
  try {
    const outfile = join(folder, 'subject.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'subject.ts')],
      ...{ outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' },
      plugins: [
        {
          name: 'mutation',
          setup(on) {
            on.onLoad({ filter: /\.ts$/ }, ({ path }) => {
              if (relative(root, path) !== file) return undefined;
              const contents = readFileSync(path, 'utf8');
              if (contents.split(text).length !== 2)
                throw new Error(`${what}: "${text}" is not once in ${file}`);
              return { contents: contents.replace(text, () => by), loader: 'ts' };
            });
          },
        },
      ],
    });
    return (await import(outfile)) as Subject;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const lease = { file: 'core/deployment/lease.ts' };
const yielding = { file: 'core/deployment/yielding.ts' };

/** Caught by the story of the lease. */
export const LEASE_MUTANTS: readonly Mutant[] = [
  {
    ...lease,
    what: 'the lease is granted though it has an owner',
    text: 'if (item.owner !== undefined || next === undefined) return item;',
    by: 'if (next === undefined) return item;',
  },
  { ...lease, what: 'a grant has the fence of the one before', text: 'item.fence + 1', by: 'item.fence' },
  {
    ...lease,
    what: 'who gives back wakes nobody',
    text: 'return grantNext({ ...left, owner: undefined, writers: {} });',
    by: 'return { ...left, owner: undefined, writers: {} };',
  },
  {
    ...lease,
    what: 'last come, first served',
    text: 'const [next, ...queue] = item.queue;',
    by: 'const [next, ...queue] = item.queue.toReversed();',
  },
  {
    ...lease,
    what: 'of a branch the older one stays',
    text: 'isNewer(other, one, head) ? other : one',
    by: 'isNewer(other, one, head) ? one : other',
  },
  {
    ...lease,
    what: 'the start decides, whatever the head is',
    text: 'if ((one.commit === head) !== (other.commit === head)) return one.commit === head;',
    by: '',
  },
  {
    ...lease,
    what: 'a stopped owner loses the lease while its job writes',
    text: 'executions.has(owner.execution) && !isWriting(item, jobs)',
    by: 'executions.has(owner.execution)',
  },
  {
    file: 'lambdas/shared/environment-item.ts',
    what: 'two changes at once: one is lost',
    text: 'if (await ledger.put(key, written, condition)) return written;',
    by: 'if (condition && (await ledger.put(key, written))) return written;',
  },
  {
    file: 'lambdas/shared/lease-tending.ts',
    what: 'a token that is gone counts as an owner that has ended',
    text: 'return isLost ? findEnded(item, [answer.execution], ports)',
    by: 'return isLost ? { executions: new Set([answer.execution]), jobs: new Set() }',
  },
  {
    file: 'lambdas/shared/lease-tending.ts',
    what: 'what is to be said is crossed out before it is said',
    text: '    const ended = await send(current, sent, ports);\n',
    by: '    await changeEnvironment(ports.ledger, where, (newest) => answered(newest, sent));\n    const ended = await send(current, sent, ports);\n',
  },
  {
    file: 'lambdas/lease/lease.ts',
    what: 'who queues does not look whether it is cancelled',
    text: 'if (cancelled === undefined) return asked;',
    by: 'if (cancelled !== null) return asked;',
  },
  {
    file: 'core/deployment/gate.ts',
    what: 'an older commit passes the gate',
    text: "if (ancestry === 'behind') return",
    by: "if (ancestry === 'behind') return undefined;\n  if (ancestry === 'unknown') return",
  },
  {
    file: 'core/deployment/gate.ts',
    what: 'any commit of a rewritten history passes the gate',
    text: 'if (await question.isHead()) return undefined;',
    by: 'return undefined;',
  },
  {
    file: 'lambdas/open/gate.ts',
    what: 'who has lost the lease notes its commit all the same',
    text: '    mustHoldLease(item);\n',
    by: '',
  },
];

/** Caught by the story of the targets. */
export const TARGET_MUTANTS: readonly Mutant[] = [
  {
    ...yielding,
    what: 'a yes counts though the deployment gives way',
    text: 'owner?.release !== yes.release || owner.yieldsTo !== undefined',
    by: 'owner?.release !== yes.release',
  },
  {
    ...yielding,
    what: 'a target that was approved counts as waiting for a person',
    text: 'pending !== undefined && approved[outcome.component] !== pending.planDigest',
    by: 'pending !== undefined && approved !== undefined',
  },
  {
    ...yielding,
    what: 'it gives way while other targets run',
    text: 'return open.every((target) => held.has(nameOf(target)));',
    by: 'return held.size > 0;',
  },
  {
    ...yielding,
    what: 'it gives way to a release of another branch',
    text: '      waiter.branch === owner.branch &&\n',
    by: '',
  },
  {
    file: 'lambdas/shared/yielding.ts',
    what: 'giving way is written over what has changed meanwhile',
    text: 'await ledger.put(key, yielding, { equals: { version: item.version } });',
    by: 'await ledger.put(key, yielding);',
  },
  {
    file: 'lambdas/shared/approvals.ts',
    what: 'a second answer takes the place of the first',
    text: "const condition = { equals: { attempt, planDigest }, missing: ['answer'] };",
    by: 'const condition = { equals: { attempt, planDigest } };',
  },
  {
    file: 'lambdas/record/record.ts',
    what: 'the end of a target does not make its deployment give way',
    text: '  await yieldToNewer({ repository: input.release.repository, environment: input.environment }, ports);\n',
    by: '',
  },
  {
    file: 'lambdas/turn/turn.ts',
    what: 'a turn that has come already is not told',
    text: 'else await answerTurn(item, tokens);',
    by: '',
  },
  {
    file: 'lambdas/shared/turns.ts',
    what: 'the last need to end wakes nobody',
    text: 'if (changed !== undefined) await answerTurn(turnItemSchema.parse(changed), tokens);',
    by: '',
  },
  {
    file: 'lambdas/shared/turns.ts',
    what: 'a turn is told before all needs have ended',
    text: 'return turn.waitingOn === undefined && answerTokens(turn, tokens);',
    by: 'return answerTokens(turn, tokens);',
  },
];
