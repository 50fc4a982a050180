/** Lambda entry of `webhook`, called by the HTTP API. */
import { allowedFromText } from '../../core/configuration/allowed.ts';
import { webhook as contract } from '../../core/contracts/functions.ts';
import { tracedBus } from '../adapters/events.ts';
import { log } from '../adapters/log.ts';
import { rotatingSecret } from '../adapters/secret-values.ts';
import { sourcesOf } from './sources.ts';
import { webhook } from './webhook.ts';

const env = contract.readEnv(process.env);
const secret = rotatingSecret(env.WEBHOOK_SECRET);
const ports = {
  sources: sourcesOf(env.WEBHOOK_SOURCES),
  secret,
  bus: tracedBus(env.BUS_NAME, 'webhook'),
  served: allowedFromText(env.REPOSITORIES),
  log,
};

// An empty or missing secret must stop the function before it looks at any delivery.
await secret.values();

export const handler = contract.handle((request) => webhook(request, ports));
