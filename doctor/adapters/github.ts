/** The doctor's questions to GitHub, by the App's own word. */
import * as z from 'zod';
import { appWord } from '../../lambdas/adapters/github-app.ts';
import { gitHubRequest, understood } from '../../lambdas/adapters/github-request.ts';
import { GitHubError } from '../../lambdas/github-error.ts';
import type { GitHub } from '../ports.ts';

const permissions = z.record(z.string(), z.string());
/** https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app */
const appSchema = z.object({
  name: z.string(),
  html_url: z.string(),
  permissions,
  events: z.array(z.string()),
});
/** https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app */
const hookSchema = z.object({ url: z.string().default('') });
/** https://docs.github.com/en/rest/apps/apps#list-installations-for-the-authenticated-app */
const installationsSchema = z.array(
  z.object({
    account: z.object({ login: z.string().optional(), slug: z.string().optional() }).nullable(),
    permissions,
    suspended_at: z.string().nullish(),
  }),
);
const userSchema = z.object({ login: z.string() });

/** More installations than an App of one account ever has. */
const PAGE = 100;

export function gitHubAt(apiUrl: string): GitHub {
  const send = gitHubRequest(apiUrl);
  return {
    async app(credentials) {
      const doing = `asking GitHub about App ${credentials.appId}`;
      const ask = (route: string, parameters: object = {}) =>
        send({ doing, route, parameters, token: appWord(credentials, Date.now()) });
      const answer = await unlessRefused(ask('GET /app'));
      if (answer === undefined) return undefined;
      const app = understood(doing, appSchema, answer);
      const hook = understood(doing, hookSchema, await ask('GET /app/hook/config'));
      const installed = await ask('GET /app/installations', { per_page: PAGE });
      const installations = understood(doing, installationsSchema, installed).map(
        ({ account, permissions, suspended_at }) => ({
          account: account?.login ?? account?.slug ?? 'an account that is gone',
          permissions,
          suspended: typeof suspended_at === 'string',
        }),
      );
      const { name, html_url: url, events } = app;
      return { name, url, permissions: app.permissions, events, webhookUrl: hook.url, installations };
    },
    async owner(token) {
      const doing = 'asking GitHub whose token the secret holds';
      const user = await unlessRefused(send({ doing, route: 'GET /user', parameters: {}, token }));
      return user === undefined ? undefined : understood(doing, userSchema, user).login;
    },
  };
}

/** Undefined where GitHub does not know who asks. */
async function unlessRefused(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitHubError && (error.status === 401 || error.status === 404)) return undefined;
    throw error;
  }
}
