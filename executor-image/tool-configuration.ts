/** Which CLI configuration the tools work with: the machine's own, or in a job without a way to a registry one of ours. Used by `stages.ts`. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from './job.ts';

const VARIABLE = 'TF_CLI_CONFIG_FILE';

/** The executor's environment with the configuration that is to be used, or with none. */
export async function withToolConfiguration(
  job: Pick<Job, 'environment' | 'settings' | 'workspace' | 'log'>,
): Promise<Job['environment']> {
  const { environment, settings, workspace, log } = job;
  const { providerMirror: mirror } = settings;
  if (mirror === undefined) return withoutMissingFile(job);
  if (!(await isThere(mirror))) {
    log.say(
      `this job takes providers from ${mirror}, which is not there: from where this machine has them instead`,
    );
    return withoutMissingFile(job);
  }
  const file = join(workspace.own, 'tools.tfrc');
  await writeFile(file, mirrorConfiguration(mirror));
  log.say(`providers: from ${mirror} alone`);
  return { ...environment, [VARIABLE]: file };
}

/**
 * Installs providers from a folder and, having no `direct`, from nowhere else: a provider that is not there is refused at once.
 * https://opentofu.org/docs/cli/config/config-file/#provider-installation
 */
export const mirrorConfiguration = (folder: string) =>
  `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(folder)}\n  }\n}\n`;

/** The tools warn of a CLI configuration that is not there before every single command: said once is enough. */
async function withoutMissingFile({
  environment,
  log,
}: Pick<Job, 'environment' | 'log'>): Promise<Job['environment']> {
  const { [VARIABLE]: file, ...others } = environment;
  if (!file || (await isThere(file))) return environment;
  log.say(`${VARIABLE} names ${file}, which is not there: left out`);
  return others;
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
