/** The Parallel state: its branches walk side by side, all from the same input. */
import { runSiblings } from './abort.ts';
import type { ParallelState } from './definition.ts';
import type { Json } from './json.ts';
import { newFrame } from './record.ts';
import type { Visit } from './visit.ts';

/** Runs the branches (after a redrive only those that had not succeeded) and answers their outputs in order. */
export async function runParallel(state: ParallelState, visit: Visit): Promise<Json> {
  const { frame, run, scope } = visit;
  frame.branches ??= await startBranches(state, visit);
  const branches = frame.branches;
  const outputs: Json[] = [];
  await runSiblings({
    count: state.Branches.length,
    limit: state.Branches.length,
    signal: scope.signal,
    async job(index, signal) {
      const branch = branches[index];
      const states = state.Branches[index]?.States;
      if (branch === undefined || states === undefined) throw new Error(`Branch ${index} is missing`);
      if (branch.status === 'SUCCEEDED') {
        outputs[index] = branch.output ?? null;
        return;
      }
      try {
        outputs[index] = await run.walk(branch, { ...scope, states, outer: visit.variables, signal });
      } finally {
        if (!signal.aborted) frame.lastEventId = branch.lastEventId;
      }
    },
  });
  visit.emitAside('ParallelStateSucceeded');
  return outputs;
}

async function startBranches(state: ParallelState, visit: Visit) {
  const input =
    state.Arguments === undefined ? visit.input : await visit.evaluate(state.Arguments, 'Arguments');
  visit.checkSize(input);
  const started = visit.emit('ParallelStateStarted');
  return state.Branches.map((branch) => newFrame(branch.StartAt, input, started));
}
