/** More than ten thousand deliveries (a fifth of them in `npm test`) that GitHub would not send: none is published, each is refused for the right reason, nothing is kept. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { webhook as contract } from '../../../core/contracts/functions.ts';
import { sourcesOf } from '../../../lambdas/webhook/sources.ts';
import { webhook } from '../../../lambdas/webhook/webhook.ts';
import { sampled } from '../../support/thorough.ts';
import { type Malformed, SECRET } from './delivery.ts';
import { byChance, chance } from './malformed.ts';
import { wrongFields } from './wrong-fields.ts';

/** Twice this many of each kind. */
const OF_EACH_KIND = sampled(230, 46);
const TEN_MINUTES = 600_000;

let published = 0;
const handler = contract.handle((request) =>
  webhook(request, {
    sources: sourcesOf('any'),
    served: undefined,
    secret: { values: async () => [SECRET] },
    bus: {
      publish: async () => {
        published += 1;
      },
    },
    log: () => {},
  }),
);

const send = ({ headers, body, isBase64Encoded = false, method = 'POST' }: Malformed) =>
  handler({
    version: '2.0',
    requestContext: { http: { method, sourceIp: '192.30.252.7' } },
    headers,
    body,
    isBase64Encoded,
  });

/** What is answered otherwise than it should be. */
async function wronglyAnswered(one: Malformed): Promise<string | undefined> {
  const told = `${one.kind}: ${JSON.stringify(one.headers).slice(0, 300)} ${one.body.slice(0, 300)}`;
  try {
    const { statusCode, body } = await send(one);
    const { message } = JSON.parse(body);
    const isRight =
      one.right.includes(statusCode) &&
      message.length > 10 &&
      message.length < 3000 &&
      message.includes(one.names ?? '');
    return isRight ? undefined : `${statusCode} ${message} for ${told}`;
  } catch (error) {
    return `${String(error)} for ${told}`;
  }
}

/** Bytes in use after everything unused is gone. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

async function round(seed: number) {
  const wrong: string[] = [];
  let sent = 0;
  for (const one of [...wrongFields(), ...byChance(chance(seed), OF_EACH_KIND)]) {
    const answer = await wronglyAnswered(one);
    if (answer !== undefined) wrong.push(answer);
    sent += 1;
  }
  return { wrong, sent };
}

test(
  'ten thousand malformed deliveries: none is accepted, none crashes the function, memory stays flat',
  async () => {
    const first = await round(1);
    expect(first.wrong).toEqual([]);
    const before = memory();
    const second = await round(2);
    expect(second.wrong).toEqual([]);
    const grown = memory() - before;
    expect(first.sent + second.sent).toBeGreaterThanOrEqual(sampled(10_000, 2000));
    expect(published).toBe(0);
    // A kilobyte kept of each would be more than that.
    expect(grown).toBeLessThan(sampled(2, 1) * 1024 * 1024);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  },
  TEN_MINUTES,
);

test('an event that nobody serves is passed over, whatever it is called', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'push ', 'PUSH', '']) {
    const [one] = byChance(chance(3), 1).filter(({ kind }) => kind === 'another method');
    if (one === undefined) throw new Error('there is no delivery to change');
    const headers = { ...one.headers, 'x-github-event': name };
    const { statusCode, body } = await send({ ...one, method: 'POST', headers });
    expect([name, statusCode, JSON.parse(body).message]).toEqual([
      name,
      202,
      `ignored: ${name} is not served`,
    ]);
  }
  expect(published).toBe(0);
});
