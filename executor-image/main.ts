/** Entry of the executor, bundled to `main.mjs`: a job (the container's command) or `credentials …` (a credential process). */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readExecutorEnv } from '../core/contracts/executor.ts';
import { EXIT_CODE } from '../core/contracts/job.ts';
import { JobFailure, messageOf } from './failure.ts';
import { Stop } from './stop.ts';

async function job(): Promise<number> {
  const settings = readExecutorEnv(process.env);
  const stop = new Stop();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.request());
  const { awsServices } = await import('./aws-services.ts');
  const { runJob } = await import('./run-job.ts');
  return runJob({
    settings,
    services: awsServices(settings),
    stop,
    executor: [process.execPath, fileURLToPath(import.meta.url)],
    environment: process.env,
    now: () => new Date(),
    sleep: (ms) => sleep(ms),
    write: (line) => process.stdout.write(line),
  });
}

async function credentials(identityFile: string, which: string): Promise<number> {
  // The tool's environment, the manifest's included, must not lead our own call to STS elsewhere.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  const { credentialProcess } = await import('./credentials.ts');
  process.stdout.write(await credentialProcess(identityFile, which));
  return EXIT_CODE.succeeded;
}

const [, , command, identityFile = '', which = ''] = process.argv;
try {
  process.exit(await (command === 'credentials' ? credentials(identityFile, which) : job()));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(error instanceof JobFailure ? error.exitCode : EXIT_CODE.badInput);
}
