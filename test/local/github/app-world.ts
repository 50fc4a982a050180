/** A GitHub with an App, and calls with narrowed tokens of it; used by the tests beside it. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { repository, start } from './support.ts';

/** A private key. */
export const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey;
const KEY = pair();
export const NOW = Date.parse('2026-11-21T10:00:00Z');

/** The App's signed word. */
export function jwt(claims: object = {}, key = KEY): string {
  const seconds = NOW / 1000;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = { iss: '77', iat: seconds - 60, exp: seconds + 540, ...claims };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(said)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** The time, as this GitHub has it. */
export const clock = { now: NOW };

/** A GitHub with an App, one pushed repository, and calls with a token of these permissions. */
export async function appWorld(permissions: object = { checks: 'write' }) {
  clock.now = NOW;
  const secret = JSON.stringify({ appId: '77', privateKey: KEY });
  const world = await start(200, { secret, now: () => clock.now });
  const { commit: head } = await world.github.receivePush({ directory: repository() });
  const issued = await world.rest(
    'POST',
    '/app/installations/1/access_tokens',
    { repositories: ['shop'], permissions },
    jwt(),
  );
  const call = (method: string, path: string, body?: object) =>
    world.rest(method, path, body, issued.body.token);
  return { ...world, head, issued, call, secret };
}
