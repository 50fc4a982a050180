/** `set-up`: one click makes the GitHub App, its answer goes to Secrets Manager, and the page turns itself off. */
import { appManifest, isOrganisation, registrationUrl } from '../../core/app-manifest.ts';
import { type Opening, PATHS, type Visit } from '../../core/contracts/set-up.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type SetUpItem, setUpItemSchema } from '../../core/ledger/set-up-items.ts';
import { isSame, sealed, stateOf, unsealed, versionOf } from './code.ts';
import { rendered } from './html.ts';
import { lasting, open } from './open.ts';
import * as pages from './pages.ts';
import type { NewApp, SetUpPorts, SetUpSecret } from './ports.ts';

/** How long what broke off can be finished: as long as it may take to mend why. Milliseconds. */
const FINISHED_WITHIN = 24 * 60 * 60 * 1000;

/** What has a route came through the HTTP API, and can only visit. */
export const setUp = async (request: Opening | Visit, ports: SetUpPorts) =>
  'routeKey' in request ? visit(request, ports) : open(request, ports);

/**
 * Answers one visit. Nothing changes before somebody comes back from GitHub with the right `state`. GitHub tells the App's key
 * once, so the answer is first kept whole, encrypted for who has the code; from then on any visit with the code goes on where an
 * earlier one died, and every write may be repeated.
 */
async function visit(request: Visit, ports: SetUpPorts) {
  const page = await pageFor(request, ports).catch((error: unknown) => {
    ports.log('set-up failed', { error: error instanceof Error ? error.message : String(error) });
    return pages.failed;
  });
  ports.log('set-up visited', { route: request.routeKey, statusCode: page.status, title: page.title });
  return rendered(page, ports.gitHubUrl);
}

async function pageFor(request: Visit, ports: SetUpPorts): Promise<pages.Page> {
  const { routeKey, queryStringParameters: query } = request;
  const item = await kept(ports);
  if (item?.step === 'done') return pages.off;
  const isBack = routeKey === `GET ${PATHS.setUpDone}`;
  const state = isBack ? (query.state ?? '') : stateOf(query.code ?? '');
  if (item === undefined || new Date(item.until) <= ports.clock.now() || !isSame(state, item.digest))
    return isBack ? pages.notFromHere : pages.noCode;
  const { digest } = item;
  if (item.step === 'answered') return finished(digest, unsealed(item.sealed, state), ports);
  return isBack ? converted(query.code, { digest, state }, ports) : form(request, state, ports);
}

async function kept({ ledger }: SetUpPorts): Promise<SetUpItem | undefined> {
  return setUpItemSchema.optional().parse(await ledger.get(ledgerKeys.setUp()));
}

function form(request: Visit, state: string, { gitHubUrl }: SetUpPorts): pages.Page {
  const { code = '', organisation: given } = request.queryStringParameters;
  const organisation = given?.trim() || undefined;
  if (organisation !== undefined && !isOrganisation(organisation)) return pages.noOrganisation;
  return pages.form({
    code,
    organisation,
    action: registrationUrl(gitHubUrl, state, organisation),
    manifest: JSON.stringify(appManifest(request.requestContext.domainName)),
  });
}

async function converted(
  gitHubCode: string | undefined,
  { digest, state }: { readonly digest: string; readonly state: string },
  ports: SetUpPorts,
): Promise<pages.Page> {
  const app = gitHubCode ? await ports.newApp(gitHubCode) : undefined;
  if (app === undefined) return pages.unknownToGitHub(ports.gitHubUrl);
  const item: SetUpItem = {
    ...{ step: 'answered', digest, sealed: sealed(app, state) },
    ...lasting(ports.clock.now(), FINISHED_WITHIN),
  };
  const isFirst = await ports.ledger.put(ledgerKeys.setUp(), item, { equals: { step: 'open', digest } });
  return isFirst || (await isKept(item.sealed, ports))
    ? finished(digest, app, ports)
    : pages.secondApp(app.url);
}

/** The SDK repeats a write whose answer was lost, and finds that the condition does not hold any more. */
async function isKept(ours: string, ports: SetUpPorts): Promise<boolean> {
  const found = await kept(ports);
  return found?.step === 'answered' && found.sealed === ours;
}

async function finished(digest: string, app: NewApp, ports: SetUpPorts): Promise<pages.Page> {
  const { ledger, secrets } = ports;
  // First what lets deliveries in, then who we are: Belay is the App only when it hears of what happens.
  await once('webhook', app.webhookSecret);
  await once('app', JSON.stringify({ appId: app.id, privateKey: app.privateKey }));
  const done: SetUpItem = { step: 'done', digest };
  const isOurs = await ledger.put(ledgerKeys.setUp(), done, { equals: { digest } });
  return isOurs ? pages.done(app.url) : pages.overtaken(app.url);

  async function once(secret: SetUpSecret, value: string): Promise<void> {
    if (await secrets.put(secret, value, versionOf(digest, secret))) return;
    throw new Error(
      `writing the ${secret} secret: an earlier set-up with the same code has written it; open the page anew (docs/set-up.md)`,
    );
  }
}
