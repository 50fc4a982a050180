/** What the person typed, as a command that is complete and plausible; called by `local/cli.ts`. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs, types } from 'node:util';
import { PAGE_PORT } from '../page/serve-page.ts';
import type { Command } from './command.ts';
import { UsageError } from './usage.ts';
import {
  body,
  branchName,
  commit,
  component,
  port,
  pull,
  required,
  slots,
  target,
  variableName,
} from './values.ts';

const names = [
  'push',
  'plan',
  'status',
  'history',
  'log',
  'trace',
  'secret',
  'approve',
  'reject',
  'redrive',
  'cancel',
  'unlock',
  'destroy',
  'rollback',
  'comment',
  'serve',
  'sweep',
  'metrics',
] as const;
const common = ['json', 'state-dir', 'help'];
const own: Record<(typeof names)[number], readonly string[]> = {
  push: ['repo', 'ref', 'pass-env', 'slots', 'no-wait'],
  plan: ['repo', 'ref', 'base'],
  status: ['release', 'repo'],
  history: ['repo'],
  log: ['release', 'repo', 'target'],
  trace: ['release', 'repo'],
  secret: ['repo', 'from-env'],
  approve: ['release', 'repo', 'target', 'as'],
  reject: ['release', 'repo', 'target', 'as'],
  redrive: ['release', 'repo', 'older', 'as'],
  cancel: ['release', 'repo', 'as'],
  unlock: ['release', 'repo', 'target', 'as'],
  destroy: ['env', 'target', 'repo', 'as', 'no-wait'],
  rollback: ['env', 'to', 'repo', 'as', 'no-wait'],
  comment: ['repo', 'pull', 'as'],
  serve: ['port', 'pass-env', 'slots'],
  sweep: [],
  metrics: [],
};

/** Commands that take one word, or one text. */
const WORDED: readonly string[] = ['secret', 'comment'];

/**
 * Reads the arguments after `npm run local --`. Relative paths are taken from `directory`.
 * @throws UsageError saying what is wrong with them.
 */
export function parseCommand(argv: readonly string[], directory: string): Command {
  const { values, positionals } = parsed(argv);
  if (values.help) return { name: 'help' };
  const [word, ...rest] = positionals;
  if (word === undefined) throw new UsageError('name a command');
  const name = names.find((one) => one === word);
  if (name === undefined) throw new UsageError(`there is no command \`${word}\``);
  for (const option of Object.keys(values)) {
    if (!common.includes(option) && !own[name].includes(option))
      throw new UsageError(`\`${name}\` has no option \`--${option}\``);
  }
  if (!WORDED.includes(name) && rest[0] !== undefined)
    throw new UsageError(`\`${name}\` takes options only, not \`${rest[0]}\``);
  const path = (text: string) => resolve(directory, text);
  const stateDir = values['state-dir'];
  const base = {
    json: values.json ?? false,
    stateDir: path(stateDir ?? '.belay'),
    stateOption: stateDir === undefined ? '' : ` --state-dir ${stateDir}`,
  };
  const { repo, ref, release } = values;
  const by = () => values.as ?? userInfo().username;
  const onRelease = () => ({
    ...base,
    ...atRepo,
    release: required(release, '--release ID', name),
    by: by(),
  });
  const onEnvironment = () => ({
    ...base,
    ...atRepo,
    environment: required(values.env, '--env ENV', name),
    by: by(),
    wait: values['no-wait'] !== true,
  });
  const atRepo = repo === undefined ? {} : { repo: path(repo) };
  switch (name) {
    case 'push':
      return {
        name,
        ...base,
        repo: path(required(repo, '--repo DIR', name)),
        ...(ref !== undefined && { ref: branchName(ref) }),
        passEnv: (values['pass-env'] ?? []).map(variableName),
        ...(values.slots !== undefined && { slots: slots(values.slots) }),
        wait: values['no-wait'] !== true,
      };
    case 'plan':
      return {
        name,
        ...base,
        repo: path(required(repo, '--repo DIR', name)),
        ref: branchName(required(ref, '--ref BRANCH', name)),
        ...(values.base !== undefined && { base: branchName(values.base) }),
      };
    case 'status':
      return { name, ...base, ...atRepo, ...(release !== undefined && { release }) };
    case 'history':
      return { name, ...base, ...atRepo };
    case 'log':
      return {
        name,
        ...base,
        ...atRepo,
        release: required(release, '--release ID', name),
        ...(values.target !== undefined && { target: target(values.target, name) }),
      };
    case 'trace':
      return { name, ...base, ...atRepo, release: required(release, '--release ID', name) };
    case 'redrive':
      return { name, ...onRelease(), older: values.older ?? false };
    case 'cancel':
      return { name, ...onRelease() };
    case 'approve':
    case 'reject':
    case 'unlock':
      return {
        name,
        ...onRelease(),
        target: target(values.target ?? [], name),
      };
    case 'destroy':
      return {
        name,
        ...onEnvironment(),
        ...(values.target !== undefined && { components: values.target.map(component) }),
      };
    case 'rollback':
      return { name, ...onEnvironment(), ...(values.to !== undefined && { to: commit(values.to) }) };
    case 'comment':
      return {
        name,
        ...base,
        repo: path(required(repo, '--repo DIR', name)),
        ...(values.pull !== undefined && { pull: pull(values.pull) }),
        by: by(),
        body: body(rest),
      };
    case 'serve':
      return {
        name,
        ...base,
        port: values.port === undefined ? PAGE_PORT : port(values.port),
        passEnv: (values['pass-env'] ?? []).map(variableName),
        ...(values.slots !== undefined && { slots: slots(values.slots) }),
      };
    case 'sweep':
    case 'metrics':
      return { name, ...base };
    case 'secret': {
      if (rest.length > 1)
        throw new UsageError('`secret` takes one name; its value never stands on the command line');
      const fromEnv = values['from-env'];
      return {
        name,
        ...base,
        secret: required(rest[0], 'NAME', name),
        repo: path(required(repo, '--repo DIR', name)),
        ...(fromEnv !== undefined && { fromEnv: variableName(fromEnv) }),
      };
    }
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'state-dir': { type: 'string' },
        repo: { type: 'string' },
        ref: { type: 'string' },
        base: { type: 'string' },
        'pass-env': { type: 'string', multiple: true },
        slots: { type: 'string' },
        'no-wait': { type: 'boolean' },
        release: { type: 'string' },
        target: { type: 'string', multiple: true },
        env: { type: 'string' },
        to: { type: 'string' },
        pull: { type: 'string' },
        port: { type: 'string' },
        'from-env': { type: 'string' },
        older: { type: 'boolean' },
        as: { type: 'string' },
      },
    });
  } catch (error) {
    // The library's messages are sentences for people; what follows the first is advice about its own API.
    const message = types.isNativeError(error) ? error.message : String(error);
    throw new UsageError((message.split('. ')[0] ?? message).replaceAll("'", '`'));
  }
}
