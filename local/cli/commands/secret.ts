/** `secret`: stores a secret's value for a repository; called by `local/cli.ts`. */
import type { SecretCommand } from '../command.ts';
import { workingCopy } from '../git.ts';
import type { OpenTwin } from '../twin.ts';
import { BadInput, EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** Where a value may come from; never from the command line, which everyone on the machine can read. */
export interface ValueSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Standard input to its end. */
  readStandardInput(): Promise<string>;
}

/** @throws BadInput when there is no value or no repository. */
export async function secret(
  command: SecretCommand,
  { openTwin, sources }: { readonly openTwin: OpenTwin; readonly sources: ValueSources },
): Promise<Ending> {
  const { directory } = await workingCopy(command.repo);
  const value = await valueFrom(command, sources);
  const twin = await openTwin(command);
  try {
    await twin.putSecret({ directory, name: command.secret, value });
  } finally {
    await twin.close();
  }
  return {
    exitCode: EXIT.done,
    result: { secret: command.secret, stored: true },
    lines: [`stored ${command.secret}`],
  };
}

async function valueFrom({ fromEnv }: SecretCommand, sources: ValueSources): Promise<string> {
  // One line break at the end is the terminal's or the editor's, not the value's.
  const value =
    fromEnv === undefined
      ? (await sources.readStandardInput()).replace(/\r?\n$/, '')
      : sources.environment[fromEnv];
  if (value === undefined || value === '')
    throw new BadInput(
      fromEnv === undefined ? 'there is no value on standard input' : `the variable ${fromEnv} is not set`,
    );
  return value;
}
