/** `serve`: the local GitHub in a browser, and its webhook for deliveries from outside; called by `local/cli.ts`. */
import { type ServedPage, servePage } from '../../page/serve-page.ts';
import type { ServeCommand } from '../command.ts';
import type { OpenTwin } from '../twin.ts';
import { EXIT } from '../usage.ts';
import type { Ending } from './push.ts';

/** Page and twin stay open, and with them the process, until Ctrl-C. @throws Error when the port is taken. */
export async function serve(
  command: ServeCommand,
  openTwin: OpenTwin,
): Promise<Ending & { readonly page: ServedPage }> {
  const { port, stateOption } = command;
  const twin = await openTwin({ ...command, own: true, github: 'app' });
  try {
    const page = await servePage(twin, { port });
    const webhook = await twin.webhook();
    const lines = [
      `The local GitHub is at ${page.url}`,
      '',
      'Push a repository of yours, in another terminal:',
      `  npm run local -- push --repo DIR${stateOption}`,
      'Signed deliveries are taken from elsewhere, too:',
      `  URL     ${webhook.url}`,
      `  secret  ${webhook.secret}`,
      '',
      'Ctrl-C ends it.',
    ];
    return { exitCode: EXIT.done, result: { url: page.url, webhook }, lines, page };
  } catch (error) {
    await twin.close();
    throw error;
  }
}
