/** All faults of a scenario, or every nth of them, and what became of each. Called by `faults.test.ts` and `main.ts`. */
import type { OnCall } from '../grants/port-calls.ts';
import type { Fault, Kind } from './points.ts';
import { run } from './run.ts';
import type { Scenario } from './scenarios.ts';

/** A fault after which not all was well. */
export interface Failure {
  readonly scenario: string;
  readonly fault: Fault;
  readonly problems: readonly string[];
}

export interface Result {
  readonly scenario: string;
  /** Kind → how many faults of it were tried, and after how many people had to act. */
  readonly counts: ReadonlyMap<Kind, { readonly tried: number; readonly redriven: number }>;
  readonly failures: readonly Failure[];
}

/** What a thread is to do: every nth fault of a scenario, and of those its share. */
export interface Share {
  readonly name: string;
  readonly every: number;
  readonly share: number;
  readonly of: number;
}

/** Finds the points in a run in which nothing goes wrong. @throws Error when that does not end as it should. */
export async function faultsOf(scenario: Scenario): Promise<Fault[]> {
  const { points, problems } = await run(scenario);
  if (problems.length > 0) throw new Error(`${scenario.name}, with nothing wrong: ${problems.join('; ')}`);
  return points.flatMap(({ n, name, kinds }) => kinds.map((kind) => ({ n, name, kind })));
}

export async function tryFaults({
  scenario,
  faults,
  onCall,
}: {
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  /** Hears of every call of a function's port. */
  readonly onCall?: OnCall;
}): Promise<Result> {
  const counts = new Map<Kind, { tried: number; redriven: number }>();
  const failures: Failure[] = [];
  for (const fault of faults) {
    const { problems, rounds } = await run(scenario, fault, onCall);
    const { tried, redriven } = counts.get(fault.kind) ?? { tried: 0, redriven: 0 };
    counts.set(fault.kind, { tried: tried + 1, redriven: redriven + (rounds > 0 ? 1 : 0) });
    if (problems.length > 0) failures.push({ scenario: scenario.name, fault, problems });
  }
  return { scenario: scenario.name, counts, failures };
}
