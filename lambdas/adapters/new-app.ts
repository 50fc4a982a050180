/** GitHub's answer to an App's manifest, for `set-up`. Nothing of it is in any error. */
import * as z from 'zod';
import { GitHubError } from '../github-error.ts';
import type { NewApp } from '../set-up/ports.ts';
import { type Send, understood } from './github-request.ts';

const DOING = 'taking over the new GitHub App';

const answerSchema = z.object({
  id: z.int().positive(),
  pem: z.string().min(1),
  webhook_secret: z.string().min(1),
  html_url: z.url({ protocol: /^https?$/ }),
});

/** https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest */
export const newApp =
  (send: Send) =>
  async (code: string): Promise<NewApp | undefined> => {
    try {
      const route = 'POST /app-manifests/{code}/conversions';
      const answer = await send({ doing: DOING, route, parameters: { code } });
      const { id, pem, webhook_secret, html_url } = understood(DOING, answerSchema, answer);
      return { id, privateKey: pem, webhookSecret: webhook_secret, url: html_url };
    } catch (error) {
      if (error instanceof GitHubError && error.status === 404) return undefined;
      throw error;
    }
  };
