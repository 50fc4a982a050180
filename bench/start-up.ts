/** How long a job takes from its process's start to its tool's: Node, the SDK, the spec, the source. Run by `main.ts`. */
import { join } from 'node:path';
import { type Bench, changeFiles, makeRepository, median, type Row, timedPush } from './measure.ts';

const manifest = `version: 1
environments:
  dev: { account: "111122223333", region: eu-west-1 }
components:
  only: { path: only, tool: shell, commands: { plan: "echo the tool has started" } }
`;

export async function startUp({ twin, folder, runs }: Bench): Promise<Row[]> {
  const directory = join(folder, 'start-up');
  makeRepository(directory, { 'belay.yaml': manifest, 'only/value': '0' });
  const times: number[] = [];
  // The first run fills caches that every later job finds filled.
  for (let run = 0; run <= runs; run += 1) {
    changeFiles(directory, { 'only/value': `${run}` });
    const { report } = await timedPush(twin, directory);
    const started = (await twin.jobs()).filter(({ jobName }) => jobName.includes('only')).at(-1)?.startedAt;
    const toolStarted = await toolStart(twin, report.release);
    if (started === undefined || toolStarted === undefined)
      throw new Error('measuring start-up: the plan job or its log is missing');
    if (run > 0) times.push(toolStarted - started);
  }
  return [{ what: "a job's own start-up", value: median(times), unit: 'ms', limit: 200 }];
}

/** The time of the log's line that shows the tool's command. */
async function toolStart(twin: Bench['twin'], release: string | null): Promise<number | undefined> {
  const [found] = (await twin.releases()).filter(({ id }) => id === release);
  const log =
    found && (await twin.artifact(`${found.repository.id}/releases/${found.id}/dev/only/plan/log.txt`));
  const line = log
    ?.toString()
    .split('\n')
    .find((one) => one.includes('$ plan'));
  return line === undefined ? undefined : Date.parse(line.split(' ')[0] ?? '');
}
