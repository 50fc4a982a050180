/** Single values that a person typed, read and checked; called by `arguments.ts`. Each throws a UsageError that says what was expected. */
import { UsageError } from './usage.ts';

export function required(value: string | undefined, what: string, command: string): string {
  if (value === undefined || value === '') throw new UsageError(`\`${command}\` needs \`${what}\``);
  return value;
}

export function branchName(text: string): string {
  const branch = text.replace(/^refs\/heads\//, '');
  if (branch === '') throw new UsageError('`--ref` needs the name of a branch');
  return branch;
}

export function variableName(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
  // The text may hold a value (`--pass-env NAME=value`): it is not repeated.
  throw new UsageError('the name of an environment variable is letters, digits and `_`, without a value');
}

export function slots(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError('`--slots` needs a whole number of jobs, at least 1');
  return number;
}

export function port(text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= 0 && number < 65_536) return number;
  throw new UsageError('`--port` needs the number of a port, or 0 for any free one');
}

export function pull(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new UsageError('`--pull` needs the number of a pull request');
}

/** What a comment says: one word to the shell. */
export function body(words: readonly string[]): string {
  const [first, ...more] = words;
  if (more.length > 0) throw new UsageError('`comment` takes one text; put it in quotes');
  return required(first, 'TEXT', 'comment');
}

export function component(text: string): string {
  if (text !== '' && !text.includes('/')) return text;
  throw new UsageError('`destroy` needs `--target COMPONENT`, of the environment that `--env` names');
}

export function commit(text: string): string {
  if (/^[0-9a-f]{7,40}$/.test(text)) return text;
  throw new UsageError('`--to` needs the id of a commit, at least its first 7 digits');
}

export function target(
  texts: readonly string[],
  command: string,
): { environment: string; component: string } {
  if (texts.length > 1) throw new UsageError(`\`${command}\` takes one \`--target\``);
  const text = required(texts[0], '--target ENV/COMPONENT', command);
  const [environment, component, ...more] = text.split('/');
  if (!environment || !component || more.length > 0)
    throw new UsageError('`--target` needs ENV/COMPONENT, such as `dev/network`');
  return { environment, component };
}
