/** `npm run schedules`: 10,000 orders of events. `-- --times 10` tries ten times as many, `-- --seed N` one of each story. */
import { parseArgs } from 'node:util';
import { firstProblem, STORIES } from './schedules.ts';
import * as subject from './subject.ts';

const { values } = parseArgs({ options: { times: { type: 'string' }, seed: { type: 'string' } } });

for (const { about, tell, share } of STORIES) {
  const begun = performance.now();
  const many = values.seed === undefined ? share * Number(values.times ?? 1) : 1;
  const found = await firstProblem(tell, subject, { from: Number(values.seed ?? 1), many });
  const seconds = Math.round((performance.now() - begun) / 1000);
  if (found === undefined) {
    console.log(`${about}: ${many} schedules in ${seconds} s, all was well`);
  } else {
    process.exitCode = 1;
    console.log(`${about}: ✗ --seed ${found.seed}`);
    for (const problem of found.problems) console.log(`    ${problem}`);
  }
}
