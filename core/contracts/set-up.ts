/** The contract of `set-up`, the function behind the page that makes the GitHub App, and the paths GitHub and people come in by. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';

/** Paths of the HTTP API: `lib/ingress.ts` routes them, the App's manifest names them. */
export const PATHS = { webhook: '/webhook', setUp: '/set-up', setUpDone: '/set-up/done' } as const;

/** Belay's own secrets, apart from those of the users' repositories (`belay/…`): `lib/stores.ts` makes them, people and `doctor/` find them. */
export const SECRETS = {
  app: 'belay-pipeline/github-token',
  webhook: 'belay-pipeline/webhook-secret',
  setUp: 'belay-pipeline/set-up',
} as const;

/** `set-up`: the HTTP API's payload v2 in, a page out. */
export const setUp = defineContract({
  env: [
    /** Holds the one-time code, and how far the set-up is. */
    'SET_UP_SECRET',
    /** What Belay is to GitHub is written here. */
    'SET_UP_APP_SECRET',
    /** What GitHub signs deliveries with is written here. */
    'SET_UP_WEBHOOK_SECRET',
    'GITHUB_URL',
    'GITHUB_API_URL',
  ],
  input: z
    .object({
      routeKey: z.enum([`GET ${PATHS.setUp}`, `GET ${PATHS.setUpDone}`]),
      queryStringParameters: z.record(z.string(), z.string()).default({}),
      /** The name the API was called by: only names that lead to it arrive here. */
      requestContext: z.object({ domainName: z.string().min(1) }).loose(),
    })
    .loose(),
  output: z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
});
