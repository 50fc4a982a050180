/** `set-up`: one click makes the GitHub App, its answer goes to Secrets Manager, and the page turns itself off. */
import type * as z from 'zod';
import { appManifest, isOrganisation, registrationUrl } from '../../core/app-manifest.ts';
import { type setUp as contract, PATHS } from '../../core/contracts/set-up.ts';
import { rendered } from './html.ts';
import * as pages from './pages.ts';
import type { SetUpPorts } from './ports.ts';
import { type Answered, isSame, progressIn, stateOf, versionOf } from './progress.ts';

type Request = z.output<typeof contract.input>;

/**
 * Answers one visit. Nothing changes before somebody comes back from GitHub with the right `state`. GitHub tells the App's key
 * once, so the answer is first kept whole in the set-up's own secret; from then on any visit with the code goes on where an
 * earlier one died, and every write may be repeated.
 */
export async function setUp(request: Request, ports: SetUpPorts): Promise<z.input<typeof contract.output>> {
  const page = await visited(request, ports).catch((error: unknown) => {
    ports.log('set-up failed', { error: error instanceof Error ? error.message : String(error) });
    return pages.failed;
  });
  ports.log('set-up visited', { route: request.routeKey, statusCode: page.status, title: page.title });
  return rendered(page, ports.gitHubUrl);
}

async function visited(request: Request, ports: SetUpPorts): Promise<pages.Page> {
  const { routeKey, queryStringParameters: query } = request;
  const progress = progressIn(await ports.secrets.own());
  if (progress.step === 'done') return pages.off;
  if (progress.step === 'written') {
    await ports.secrets.put('own', DONE);
    return pages.off;
  }
  const { code } = progress;
  if (routeKey === `GET ${PATHS.setUp}`) {
    if (!isSame(query.code, code)) return pages.noCode;
    return progress.step === 'answered' ? finished(progress, ports) : form(request, code, ports);
  }
  if (!isSame(query.state, stateOf(code))) return pages.notFromHere;
  return progress.step === 'answered' ? finished(progress, ports) : converted(query.code, code, ports);
}

function form(request: Request, code: string, { gitHubUrl }: SetUpPorts): pages.Page {
  const organisation = request.queryStringParameters.organisation?.trim() || undefined;
  if (organisation !== undefined && !isOrganisation(organisation)) return pages.noOrganisation;
  return pages.form({
    code,
    organisation,
    action: registrationUrl(gitHubUrl, stateOf(code), organisation),
    manifest: JSON.stringify(appManifest(request.requestContext.domainName)),
  });
}

async function converted(
  gitHubCode: string | undefined,
  code: string,
  ports: SetUpPorts,
): Promise<pages.Page> {
  const app = gitHubCode ? await ports.newApp(gitHubCode) : undefined;
  if (app === undefined) return pages.unknownToGitHub(ports.gitHubUrl);
  const answered: Answered = { step: 'answered', code, app };
  const isFirst = await ports.secrets.put('own', JSON.stringify(answered), versionOf(code, 'own'));
  return isFirst ? finished(answered, ports) : pages.secondApp(app.url);
}

const WRITTEN = JSON.stringify({ step: 'written' });
const DONE = JSON.stringify({ step: 'done' });

async function finished({ code, app }: Answered, { secrets }: SetUpPorts): Promise<pages.Page> {
  const { id, privateKey, webhookSecret, url } = app;
  // First what lets deliveries in, then who we are: Belay is the App only when it hears of what happens.
  await once('webhook', webhookSecret);
  await once('app', JSON.stringify({ appId: id, privateKey }));
  // Twice, because Secrets Manager keeps the previous value: it must not be the key.
  await secrets.put('own', WRITTEN);
  await secrets.put('own', DONE);
  return pages.done(url);

  async function once(secret: 'webhook' | 'app', value: string): Promise<void> {
    if (await secrets.put(secret, value, versionOf(code, secret))) return;
    throw new Error(
      `writing the ${secret} secret: an earlier set-up with the same code has written it; put a new code into the set-up's secret (docs/set-up.md)`,
    );
  }
}
