/** The contract of `set-up`, the function that opens and is the page that makes the GitHub App, and the paths GitHub and people come in by. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';

/** Paths of the HTTP API: `lib/ingress.ts` routes them, the App's manifest names them. */
export const PATHS = { webhook: '/webhook', setUp: '/set-up', setUpDone: '/set-up/done' } as const;

/** Belay's own secrets, apart from those of the users' repositories (`belay/…`): `lib/stores.ts` makes them, people and `doctor/` find them. */
export const SECRETS = {
  app: 'belay-pipeline/github-token',
  webhook: 'belay-pipeline/webhook-secret',
} as const;

/** From who may invoke the function: the page's address, to be opened. */
const openingSchema = z.strictObject({ open: z.url({ protocol: /^https?$/ }) });

/**
 * From the HTTP API, payload format 2.0: it always has a route and `requestContext.http`, and what people ask for stands inside of it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const visitSchema = z
  .object({
    routeKey: z.enum([`GET ${PATHS.setUp}`, `GET ${PATHS.setUpDone}`]),
    queryStringParameters: z.record(z.string(), z.string()).default({}),
    requestContext: z
      .object({
        /** The name the API was called by: only names that lead to it arrive here. */
        domainName: z.string().min(1),
        http: z.object({ method: z.literal('GET') }).loose(),
      })
      .loose(),
  })
  .loose();

/** `set-up`: an opening in, an address out; or a visit in, a page out. */
export const setUp = defineContract({
  env: [
    /** To whom the page is open, and how far the set-up is. */
    'LEDGER_TABLE',
    /** What Belay is to GitHub is written here. */
    'SET_UP_APP_SECRET',
    /** What GitHub signs deliveries with is written here. */
    'SET_UP_WEBHOOK_SECRET',
    'GITHUB_URL',
    'GITHUB_API_URL',
  ],
  input: z.union([openingSchema, visitSchema]),
  output: z.union([
    /** Where to go, and until when. */
    z.strictObject({ url: z.url(), until: z.iso.datetime() }),
    z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
  ]),
});

export type Opening = z.output<typeof openingSchema>;
export type Visit = z.output<typeof visitSchema>;
