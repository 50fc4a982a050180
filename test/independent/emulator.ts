/** An AWS that others have written: moto's server, started here, or one that is running already. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import type { Template } from './template.ts';
import { found } from './tools.ts';

const STACK = 'Belay';
const PATIENCE_MS = 60_000;

export interface Emulator {
  readonly endpoint: string;
  /** Forgets everything; undefined where that is not ours to do. */
  readonly reset?: () => Promise<void>;
  /** The last that it wrote about a failure of its own. */
  readonly lastWords?: () => string;
  close(): Promise<void>;
}

/** Credentials are made up: nothing here goes to AWS. */
export const clientOf = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'independent', secretAccessKey: 'check' },
  maxAttempts: 1,
});

/** One that is running, or moto's server; undefined when there is neither. @throws Error when moto does not start. */
export async function openEmulator(endpoint: string | undefined): Promise<Emulator | undefined> {
  if (endpoint !== undefined) return { endpoint, close: async () => {} };
  const program = found('moto_server');
  return program === undefined ? undefined : startMoto(program);
}

async function startMoto(program: string): Promise<Emulator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(program, ['--host', '127.0.0.1', '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let written = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    written = `${written}${text}`.slice(-20_000);
  });
  // A Python traceback ends with the name of the exception and what it says.
  const lastWords = () => written.match(/^[\w.]+(?:Error|Exception)\b.*$/gm)?.at(-1) ?? '';
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  const close = async () => {
    server.kill('SIGTERM');
    await ended;
  };
  // https://docs.getmoto.org/en/latest/docs/server_mode.html
  const reset = async () => {
    written = '';
    const { ok, status } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    if (!ok) throw new Error(`resetting moto: it answered ${status}`);
  };
  for (const deadline = performance.now() + PATIENCE_MS; ; await sleep(200)) {
    if (
      await reset().then(
        () => true,
        () => false,
      )
    )
      return { endpoint: url, reset, lastWords, close };
    if (server.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error(
        `starting ${program}: it does not answer on ${url}; run it by hand and see what it says`,
      );
    }
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Logical ids of what was made, and what the emulator said where it did not make everything. */
export interface Deployed {
  readonly made: ReadonlySet<string>;
  readonly said?: string;
}

/** Creates the stack and waits for its end. What the emulator cannot read of it is an answer as well. */
export async function deploy(emulator: Emulator, { Resources }: Template): Promise<Deployed> {
  const client = new CloudFormationClient(clientOf(emulator.endpoint));
  try {
    await client.send(
      new CreateStackCommand({
        StackName: STACK,
        TemplateBody: JSON.stringify({ Resources }),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
      }),
    );
    const said = await outcome(client);
    const made = new Set<string>();
    for await (const { StackResourceSummaries } of paginateListStackResources(
      { client },
      { StackName: STACK },
    )) {
      for (const { LogicalResourceId, ResourceStatus } of StackResourceSummaries ?? [])
        if (LogicalResourceId !== undefined && /_COMPLETE$/.test(ResourceStatus ?? ''))
          made.add(LogicalResourceId);
    }
    return { made, ...(said !== undefined && { said }) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (emulator.lastWords === undefined || !said.includes('XML parse error'))
      return { made: new Set(), said };
    // It has answered with a page that says nothing; what it writes may come a little later.
    await sleep(300);
    return { made: new Set(), said: `it failed: ${emulator.lastWords() || said}` };
  } finally {
    client.destroy();
  }
}

/** Undefined when the stack was created, else why not. */
async function outcome(client: CloudFormationClient): Promise<string | undefined> {
  for (const deadline = performance.now() + 10 * PATIENCE_MS; ; await sleep(500)) {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    const [{ StackStatus = 'unknown', StackStatusReason = '' } = {}] = Stacks ?? [];
    if (StackStatus === 'CREATE_COMPLETE') return undefined;
    if (!StackStatus.endsWith('_IN_PROGRESS') || performance.now() > deadline) {
      const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName: STACK }));
      const failures = (StackEvents ?? [])
        .filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
        .map(
          ({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`,
        );
      return [`${StackStatus} ${StackStatusReason}`, ...failures].join('; ');
    }
  }
}
