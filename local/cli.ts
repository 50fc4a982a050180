/** The local command line, `npm run local -- …`: reads the call, runs the command, says how it ended. */
import { text } from 'node:stream/consumers';
import { parseCommand } from './cli/arguments.ts';
import type { Command } from './cli/command.ts';
import { comment } from './cli/commands/comment.ts';
import { decide } from './cli/commands/decide.ts';
import { history } from './cli/commands/history.ts';
import { log } from './cli/commands/log.ts';
import { metrics } from './cli/commands/metrics.ts';
import { operate } from './cli/commands/operate.ts';
import { plan } from './cli/commands/plan.ts';
import { type Ending, push } from './cli/commands/push.ts';
import { redrive } from './cli/commands/redrive.ts';
import { secret } from './cli/commands/secret.ts';
import { serve } from './cli/commands/serve.ts';
import { status } from './cli/commands/status.ts';
import { sweep } from './cli/commands/sweep.ts';
import { tell } from './cli/commands/tell.ts';
import { trace } from './cli/commands/trace.ts';
import { closeOnInterrupt } from './cli/interrupt.ts';
import { openTwin as openPlainTwin } from './cli/open-twin.ts';
import { questionsOnly, screenFor } from './cli/screen.ts';
import { BadInput, EXIT, USAGE, UsageError } from './cli/usage.ts';

const { openTwin, spared } = closeOnInterrupt(
  openPlainTwin,
  (line) => void process.stderr.write(`${line}\n`),
);

async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommand(argv, callersDirectory());
  if (command.name === 'help') {
    process.stdout.write(USAGE);
    return EXIT.done;
  }
  const { exitCode, result, lines } = await run(command);
  await spared();
  const said = lines.map((line) => `${line}\n`).join('');
  process.stdout.write(command.json ? `${JSON.stringify(result)}\n` : said);
  // Why nothing was started is said to people, too.
  if (command.json && exitCode === EXIT.badInput) process.stderr.write(said);
  return exitCode;
}

/** `npm run` starts scripts in the package's folder and keeps the caller's in INIT_CWD. */
function callersDirectory(): string {
  const { npm_lifecycle_event, INIT_CWD } = process.env;
  return npm_lifecycle_event === 'local' && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
}

function run(command: Exclude<Command, { name: 'help' }>): Promise<Ending> {
  switch (command.name) {
    case 'push':
      return push(command, { openTwin, screen: pushScreen(command.json) });
    case 'plan':
      return plan(command, { openTwin, screen: pushScreen(command.json) });
    case 'status':
      return status(command, openTwin);
    case 'history':
      return history(command, openTwin);
    case 'log':
      return log(command, openTwin);
    case 'trace':
      return trace(command, openTwin);
    case 'approve':
    case 'reject':
      return decide(command, { openTwin, screen: pushScreen(command.json) });
    case 'redrive':
      return redrive(command, { openTwin, screen: pushScreen(command.json) });
    case 'cancel':
    case 'unlock':
      return tell(command, openTwin);
    case 'destroy':
    case 'rollback':
      return operate(command, { openTwin, screen: pushScreen(command.json) });
    case 'comment':
      return comment(command, openTwin);
    case 'serve':
      return serve(command, openTwin);
    case 'sweep':
      return sweep(command, openTwin);
    case 'metrics':
      return metrics(command, openTwin);
    case 'secret':
      return secret(command, {
        openTwin,
        sources: { environment: process.env, readStandardInput: () => text(process.stdin) },
      });
  }
}

/** With `--json` standard output is the object's; the view is then for a person at the terminal only. */
function pushScreen(json: boolean) {
  if (!json) return screenFor(process.stdout, process.env);
  return process.stderr.isTTY ? screenFor(process.stderr, process.env) : questionsOnly(process.stderr);
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  async (error: unknown) => {
    await spared();
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`belay: ${message}\n`);
    if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
    process.exitCode = error instanceof BadInput ? EXIT.badInput : EXIT.failed;
  },
);
