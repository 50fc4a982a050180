/** Ports that make a function crash after a number of calls, for tests of what a retry finds. */
import type { World } from './deployment-world.ts';

/** Thrown where a function is made to die. */
export class Crash extends Error {}

/** The ports, dying after the `count`th call; `used` tells whether it came to that. */
export function dyingPorts(ports: World['ports'], count: number) {
  let calls = 0;
  const crash = { happened: false };
  const wrap = <T extends object>(port: T): T =>
    Object.fromEntries(
      Object.entries(port).map(([name, method]) => [
        name,
        async (...parameters: unknown[]) => {
          if (crash.happened) throw new Crash();
          const answer = await method(...parameters);
          if (++calls < count) return answer;
          crash.happened = true;
          throw new Crash();
        },
      ]),
    ) as T;
  const { ledger, store, status, tokens, executions, jobs, github, ...rest } = ports;
  const { redrives, jobControl, bus, schedules, answers, ...others } = rest;
  return {
    crash,
    ports: {
      ...others,
      ...{ ledger: wrap(ledger), store: wrap(store), status: wrap(status), tokens: wrap(tokens) },
      ...{ executions: wrap(executions), jobs: wrap(jobs), github: wrap(github) },
      ...{
        redrives: wrap(redrives),
        jobControl: wrap(jobControl),
        bus: wrap(bus),
        schedules: wrap(schedules),
        answers: wrap(answers),
      },
    },
  };
}
