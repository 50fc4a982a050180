/** One git process after another in a folder of their own: used by the git adapter only. */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';

/** One git command may take this long, a fetch included. Milliseconds. */
const TIMEOUT_MS = 5 * 60_000;

/** Proxies and own certificate authorities: the only other variables git sees. */
const PASSED_ON = [
  'PATH',
  'https_proxy',
  'HTTPS_PROXY',
  'http_proxy',
  'no_proxy',
  'NO_PROXY',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
];

export interface GitPlaceOptions {
  /** The bare repository, which is git's home directory too. */
  readonly home: string;
  /** The only protocol git may speak. */
  readonly scheme: string;
  readonly authorization?: { readonly url: string; readonly token: string } | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface GitPlace {
  /** What the command printed; throws with what it complained about, unless its exit code is 0 or among `accepted`. */
  run(args: readonly string[], input?: string, accepted?: readonly number[]): Promise<Buffer>;
  /** The same, gzipped on the way, so that only the small form is held in memory. */
  gzipped(args: readonly string[]): Promise<Buffer>;
}

/** Commands run in `home`, without any configuration but ours: no system or user files, hooks, prompts or background work. */
export function gitAt(options: GitPlaceOptions): GitPlace {
  const environment = gitEnvironment(options);
  const hidden = options.authorization === undefined ? [] : secretsOf(options.authorization.token);

  async function start(
    args: readonly string[],
    input: string | undefined,
    accepted: readonly number[],
    zip: boolean,
  ) {
    const child = spawn('git', args, {
      cwd: options.home,
      env: environment,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
    // git may end before it has read its input; its exit code then tells more than a broken pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const output = zip ? child.stdout.pipe(createGzip()) : child.stdout;
    const [end, printed, complaint] = await Promise.all([ended, buffer(output), text(child.stderr)]);
    if (end !== 0 && !(typeof end === 'number' && accepted.includes(end))) {
      const doing = `git ${args.join(' ')}`;
      throw new Error(`${doing} ended with ${end}: ${scrubbed(complaint.trim(), hidden) || 'no message'}`);
    }
    return printed;
  }

  return {
    run: (args, input, accepted = []) => start(args, input, accepted, false),
    gzipped: (args) => start(args, undefined, [], true),
  };
}

/** The token goes by environment, which only this user's processes can read; arguments are visible to all. */
function gitEnvironment({
  home,
  scheme,
  authorization,
  environment,
}: GitPlaceOptions): Record<string, string> {
  const config: ReadonlyArray<readonly [string, string]> = [
    ['core.hooksPath', '/dev/null'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '30'],
    ...(authorization === undefined
      ? []
      : [
          [
            `http.${authorization.url}/.extraHeader`,
            `Authorization: Basic ${basic(authorization.token)}`,
          ] as const,
        ]),
  ];
  return {
    ...Object.fromEntries(
      PASSED_ON.flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    HOME: home,
    GIT_DIR: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: scheme,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** GitHub takes a token as the password of any user: https://docs.github.com/en/get-started/git-basics/about-remote-repositories */
const basic = (token: string) => Buffer.from(`x-access-token:${token}`).toString('base64');

const secretsOf = (token: string) => [token, basic(token)];

const scrubbed = (message: string, hidden: readonly string[]) =>
  hidden.reduce((text, secret) => text.replaceAll(secret, '***'), message);
