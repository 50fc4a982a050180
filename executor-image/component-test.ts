/** The test stage: the manifest's `test.run`, given the outputs of the apply. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outputs } from '../core/contracts/job.ts';
import { failed } from './failure.ts';
import { asText } from './tool-environment.ts';
import { ending } from './tools/shell.ts';
import type { ToolContext } from './tools/tool.ts';

/** @throws JobFailure when the test says no. */
export async function runTest(context: ToolContext, outputs: Outputs): Promise<void> {
  const { spec, workspace, run, env, log, stop } = context;
  const command = spec.target.test?.run;
  if (command === undefined) throw failed(`${spec.target.component} declares no test`);
  const file = join(workspace.own, 'outputs.json');
  const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  await writeFile(file, JSON.stringify(values), { mode: 0o600 });
  stop.check('the test');
  log.say(`$ test: ${command}`);
  const finished = await run({
    step: 'test',
    file: 'sh',
    args: ['-c', command],
    cwd: workspace.component,
    env: { ...env, ...outputVariables(outputs), BELAY_OUTPUTS: file },
    signal: 'group',
  });
  if (finished.code !== 0) throw failed(`the test ended with ${ending(finished)}: ${command}`);
}

/** `BELAY_OUTPUT_VPC_ID` for the output `vpc-id`; scalars only, the others are in the file `BELAY_OUTPUTS`. */
function outputVariables(outputs: Outputs): Record<string, string> {
  const scalars = Object.entries(outputs).filter(([, { value }]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(
    scalars.map(([name, { value }]) => [
      `BELAY_OUTPUT_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`,
      asText(value),
    ]),
  );
}
