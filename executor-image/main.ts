/** Entry of the executor, bundled to `main.mjs`: a job (the container's command) or `credentials …` (a credential process). */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A job's exit code when it could not even be begun: as `EXIT_CODE.badInput`, which is not loaded for the credential process. */
const UNUSABLE = 30;

async function job(): Promise<number> {
  const { readExecutorEnv } = await import('../core/contracts/executor.ts');
  const settings = readExecutorEnv(process.env);
  const { Stop } = await import('./stop.ts');
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
    begunAt: new Date(performance.timeOrigin),
    sleep: (ms) => sleep(ms),
    write: (line) => process.stdout.write(line),
  });
}

async function credentials(identityFile: string, which: string): Promise<number> {
  const { credentialProcess } = await import('./credentials.ts');
  process.stdout.write(await credentialProcess(identityFile, which));
  return 0;
}

const [, , command, identityFile = '', which = ''] = process.argv;
try {
  process.exit(await (command === 'credentials' ? credentials(identityFile, which) : job()));
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : error}${cause}\n`);
  process.exit(UNUSABLE);
}
