/** Runs git for the local GitHub: on its bare repositories, never touching the user's beyond reading. */
import { execFile } from 'node:child_process';

/** No hooks, prompts, background work or configuration of this machine: the same everywhere. */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.file.allow=always',
];

/** What git sees of the environment. */
export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    // The user's repository may belong to somebody else (a mounted folder); it is only read.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

/** What git printed, without the line break at its end. Rejects with git's complaint. */
export function git(directory: string, ...args: string[]): Promise<string> {
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const options = { env: gitEnvironment(), maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile('git', ['-C', directory, ...settings, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.replace(/\n$/, ''));
      else reject(new Error(`git ${args.join(' ')} in ${directory}: ${stderr.trim() || error.message}`));
    });
  });
}

/** The same, or undefined when git says no: the question had no answer. */
export function gitAnswer(directory: string, ...args: string[]): Promise<string | undefined> {
  return git(directory, ...args).catch(() => undefined);
}

/** Runs git with something to read, and Belay's App as who commits. `date` as git takes it. */
export function gitWithInput(
  directory: string,
  {
    args,
    input = '',
    date,
  }: { readonly args: readonly string[]; readonly input?: string; readonly date?: string },
): Promise<string> {
  const dates = date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  return new Promise((resolve, reject) => {
    const options = { env: { ...gitEnvironment(), ...dates } };
    const child = execFile('git', ['-C', directory, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.replace(/\n$/, ''));
      else reject(new Error(`git ${args.join(' ')} in ${directory}: ${stderr.trim() || error.message}`));
    });
    // Git may end without reading: why, its exit tells.
    child.stdin?.on('error', () => {}).end(input);
  });
}
