/** `log`: what the jobs of a target wrote, or which logs a release has; called by `local/cli.ts`. */
import { stageKey, type TargetAddress } from '../../../core/keys.ts';
import { passSchema, stageSchema } from '../../../core/words.ts';
import type { LogCommand } from '../command.ts';
import { findRecords } from '../release-records.ts';
import { viewOf } from '../release-view.ts';
import type { OpenTwin, Twin } from '../twin.ts';
import { BadInput, EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** @throws BadInput when there is no such release or target in it. */
export async function log(command: LogCommand, openTwin: OpenTwin): Promise<Ending> {
  const twin = await openTwin(command);
  try {
    const records = await findRecords(twin, command);
    const addresses = viewOf(records).environments.flatMap(({ targets }) =>
      targets.map(({ environment, component }) => ({
        repository: records.release.repository.id,
        release: records.release.id,
        environment,
        component,
      })),
    );
    const { target } = command;
    if (target === undefined) return await listing(twin, command.release, addresses);
    const address = addresses.find(
      (one) => one.environment === target.environment && one.component === target.component,
    );
    if (address === undefined)
      throw new BadInput(`release \`${command.release}\` has no target \`${nameOf(target)}\``);
    const logs = await logsOf(twin, address);
    return {
      exitCode: EXIT.done,
      result: { release: command.release, target: nameOf(target), logs },
      lines:
        logs.length === 0
          ? [`${nameOf(target)} had no job in release ${command.release}`]
          : logs.flatMap(({ stage, text }) => [`--- ${nameOf(target)} ${stage}`, text.trimEnd()]),
    };
  } finally {
    await twin.close();
  }
}

async function listing(twin: Twin, release: string, addresses: readonly TargetAddress[]): Promise<Ending> {
  const found = await Promise.all(
    addresses.map(async (address) =>
      (await logsOf(twin, address)).map(({ stage, text }) => ({
        target: nameOf(address),
        stage,
        lines: text.split('\n').length - 1,
      })),
    ),
  );
  const logs = found.flat();
  return {
    exitCode: EXIT.done,
    result: { release, logs },
    lines:
      logs.length === 0
        ? [`release ${release} had no jobs`]
        : logs.map(({ target, stage, lines }) => `${target}  ${stage}  ${lines} lines`),
  };
}

/** In the order in which the passes and their stages are done. */
async function logsOf(twin: Twin, address: TargetAddress): Promise<{ stage: string; text: string }[]> {
  const jobs = passSchema.options.flatMap((pass) => stageSchema.options.map((stage) => ({ pass, stage })));
  const logs = await Promise.all(
    jobs.map(async ({ pass, stage }) => ({
      stage: pass === 'deploy' ? stage : `${WORDS_OF_PASS[pass]} ${stage}`,
      body: await twin.artifact(stageKey({ ...address, pass }, stage, 'log.txt')),
    })),
  );
  return logs.flatMap(({ stage, body }) =>
    body === undefined ? [] : [{ stage, text: Buffer.from(body).toString('utf8') }],
  );
}

const WORDS_OF_PASS = { reverse: 'rollback', forward: 'verification' } as const;

const nameOf = ({ environment, component }: { environment: string; component: string }) =>
  `${environment}/${component}`;
