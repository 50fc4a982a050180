/** What `belay.config.ts` itself tells, without any account. */
import { CONFIGURATION_FILE, checkConfiguration } from '../core/configuration/read.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import type { Finding } from './finding.ts';

const check = 'configuration';

/** `load` imports the file. Without a configuration nothing else can be looked at. */
export async function examineConfiguration(
  load: () => Promise<unknown>,
): Promise<{ readonly findings: readonly Finding[]; readonly configuration?: Configuration }> {
  let value: unknown;
  try {
    value = await load();
  } catch (error) {
    const message = `${CONFIGURATION_FILE} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const todo = `put the file right: \`npx tsc --noEmit\` says where; docs/configuration.md has an example`;
    return { findings: [{ check, verdict: 'problem', message, todo }] };
  }
  const checked = checkConfiguration(value);
  if ('problems' in checked) {
    const todo = 'docs/configuration.md tells what each field may be';
    const findings = checked.problems.map((problem): Finding => {
      return { check, verdict: 'problem', message: `${CONFIGURATION_FILE}: ${problem}`, todo };
    });
    return { findings };
  }
  const { configuration } = checked;
  const valid: Finding = { check, verdict: 'ok', message: `${CONFIGURATION_FILE} is valid` };
  return { findings: [valid, ...wide(configuration), ...withoutLink(configuration)], configuration };
}

/** What is open that somebody who deploys should have closed. */
function wide({ repositories, accounts, regions }: Configuration): Finding[] {
  const findings: readonly (readonly [string, unknown, string, string])[] = [
    [
      'repositories',
      repositories,
      'every repository that the App is installed on is served',
      "name those that you mean: repositories: ['owner/name']",
    ],
    [
      'accounts',
      accounts,
      'a manifest may name any account; only the environment roles there decide',
      "name those that you mean before you deploy: accounts: ['111122223333']",
    ],
    [
      'regions',
      regions,
      'a manifest may name any region',
      "name those that you mean: regions: ['eu-west-1']",
    ],
  ];
  return findings.flatMap(([name, value, message, todo]): Finding[] =>
    value === 'any' ? [{ check: name, verdict: 'advice', message: `'any': ${message}`, todo }] : [],
  );
}

/** Alarms and messages name the runbook's page; only a URL makes links of them. */
function withoutLink({ notifications: { runbook } }: Configuration): Finding[] {
  if (/^https?:/.test(runbook)) return [];
  const message = `${runbook} is no URL: alarms and messages link to nothing`;
  const todo =
    "say where your copy is read: notifications: { runbook: 'https://github.com/owner/belay/blob/main/docs/runbook.md' }";
  return [{ check: 'runbook', verdict: 'advice', message, todo }];
}
