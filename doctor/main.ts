/** `npm run doctor [-- --json]`: says of the configuration, and with credentials of the account, what is right and what to do. */
import { parseArgs } from 'node:util';
import { gitHubApiUrl } from '../core/configuration/github-urls.ts';
import { awsAccount } from './adapters/aws.ts';
import { gitHubAt } from './adapters/github.ts';
import { examine } from './examine.ts';
import { asText, type Finding } from './finding.ts';

/** What the process ends with; docs/install.md lists them, and scripts rely on it. */
const EXIT = { well: 0, problems: 1, badCall: 2 } as const;

const USAGE = `usage: npm run doctor -- [--json]

  Checks belay.config.ts and, with AWS credentials in the environment (AWS_PROFILE, AWS_REGION, …), the account:
  CDK bootstrap, quotas of Fargate and Lambda, the stack, and the GitHub App. Nothing is changed.

  --json   one JSON object on one line: {"findings": [{"check", "verdict", "message", "todo"}]}

  ends with 0 when nothing has to be done, 1 when something has, 2 after a wrong call
`;

/** Standard output for the findings, standard error for what is wrong with the call. */
async function main(argv: readonly string[]): Promise<number> {
  let options: { readonly json?: boolean; readonly help?: boolean };
  try {
    options = parseArgs({
      args: [...argv],
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return EXIT.badCall;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return EXIT.well;
  }
  const findings = await examine({
    load: async () => (await import('../belay.config.ts')).default,
    aws: awsAccount(),
    gitHub: ({ github }) => gitHubAt(gitHubApiUrl(github.url)),
  });
  process.stdout.write(options.json ? `${JSON.stringify({ findings })}\n` : asText(findings));
  return exitCodeOf(findings);
}

const exitCodeOf = (findings: readonly Finding[]) =>
  findings.some(({ verdict }) => verdict === 'problem') ? EXIT.problems : EXIT.well;

process.exitCode = await main(process.argv.slice(2));
