/** What Belay is to GitHub: whether the secret is filled, and whether the App may do and hears what it needs. */
import { APP_EVENTS, APP_PERMISSIONS } from '../core/app-manifest.ts';
import type { Configuration } from '../core/configuration/schema.ts';
import { SECRETS } from '../core/contracts/set-up.ts';
import type { Finding } from './finding.ts';
import type { App, Aws, GitHub, Permissions, StackState } from './ports.ts';

const check = 'GitHub';

/** Needs a deployed stack: the secret is part of it. */
export async function examineGitHub(
  { aws, gitHub }: { readonly aws: Aws; readonly gitHub: GitHub },
  configuration: Configuration,
  { outputs }: StackState,
): Promise<Finding[]> {
  const credentials = await aws.gitHubCredentials();
  const unusable = (message: string): Finding[] => [
    {
      check,
      verdict: 'problem',
      message,
      todo: ['make the App: docs/set-up.md', outputs.OpenSetUp].filter(Boolean).join(', '),
    },
  ];
  switch (credentials.kind) {
    case 'unusable':
      return unusable(credentials.problem);
    case 'app': {
      const app = await gitHub.app(credentials);
      if (app !== undefined) return judge(app, configuration, outputs.WebhookUrl);
      return unusable(
        `GitHub does not know App ${credentials.appId} by the key in the secret ${SECRETS.app}`,
      );
    }
    case 'token': {
      const owner = await gitHub.owner(credentials.token);
      if (owner === undefined)
        return unusable(`the secret ${SECRETS.app} holds neither an App's key nor a token that GitHub takes`);
      const message = `the secret ${SECRETS.app} holds a token of ${owner}: statuses, but no checks and no buttons`;
      return [{ check, verdict: 'advice', message, todo: 'make the App: docs/set-up.md' }];
    }
  }
}

/** What the App has to have where the audit is switched off: docs/audit.md. */
const { deployments: _, ...WITHOUT_AUDIT } = { ...APP_PERMISSIONS, contents: 'read' };

function judge(app: App, { github }: Configuration, webhookUrl: string | undefined): Finding[] {
  const needed: Permissions = github.audit ? APP_PERMISSIONS : WITHOUT_AUDIT;
  const todo = (what: string) => `${what} (settings of the App, from ${app.url})`;
  const problems: Finding[] = [];
  const problem = (message: string, what: string) =>
    problems.push({ check, verdict: 'problem', message: `the App ${app.name} ${message}`, todo: todo(what) });

  const missing = lacking(needed, app.permissions);
  if (missing !== '')
    problem(
      `may not have ${missing}`,
      'Permissions & events: give it that, and accept it in each installation',
    );
  const unheard = APP_EVENTS.filter((event) => !app.events.includes(event));
  if (unheard.length > 0)
    problem(`does not hear of ${unheard.join(', ')}`, 'Permissions & events: subscribe to these events');
  if (webhookUrl !== undefined && app.webhookUrl !== webhookUrl)
    problem(`delivers to ${app.webhookUrl || 'nowhere'}`, `General: set the webhook URL to ${webhookUrl}`);
  if (app.installations.length === 0)
    problem('is not installed anywhere', 'Install App: on the repositories that have a belay.yaml');
  for (const { account, permissions, suspended } of app.installations) {
    if (suspended)
      problem(`is suspended in ${account}`, `its owner can let it in again: installations of ${account}`);
    const pending = lacking(needed, permissions);
    if (missing === '' && pending !== '')
      problem(
        `was not given ${pending} in ${account}`,
        `an owner of ${account} has to accept it in the installation`,
      );
  }
  if (problems.length > 0) return problems;
  const where = app.installations.map(({ account }) => account).join(', ');
  const message = `the App ${app.name} is installed in ${where}, with the permissions and events it needs`;
  return [{ check, verdict: 'ok', message }];
}

/** `checks: write, contents: write`: what is needed and not there; to write includes to read. */
function lacking(needed: Permissions, given: Permissions): string {
  return Object.entries(needed)
    .filter(([name, level]) => given[name] !== level && given[name] !== 'write')
    .map(([name, level]) => `${name}: ${level}`)
    .join(', ');
}
