/** A set-up with a ledger and secrets in memory, the latter as Secrets Manager's, a GitHub that makes Apps, and visits that can be made to die. */
import * as z from 'zod';
import { setUp as contract } from '../../../core/contracts/set-up.ts';
import type { NewApp, SetUpPorts, SetUpSecret } from '../../../lambdas/set-up/ports.ts';
import { setUp } from '../../../lambdas/set-up/set-up.ts';
import { Crash } from '../../support/dying-ports.ts';
import { ledgerMemory } from '../../support/ledger-memory.ts';

export const CODE = 'onetimecodeOfFortyEightLettersAndDigits123456789';
/** HMAC-SHA256 of the purpose under CODE, made with openssl. */
export const STATE = '81440c599fa7397740d461a723e2944603f089c4cfda16136de8d08c68505363';
/** SHA-256 of STATE, made with openssl. */
export const DIGEST = '36c9afb07a98ffbdf13e46ce2a7d4e3a79ad0b332583410f8ffe3d4ce63d510a';
export const KEY = '-----BEGIN RSA PRIVATE KEY-----\nnobody may see this\n-----END RSA PRIVATE KEY-----\n';

export const APP: NewApp = {
  id: 4711,
  privateKey: KEY,
  webhookSecret: 'what-github-signs-with',
  url: 'https://github.com/apps/belay-a1b2c3',
};

/** After a set-up with APP, and before any. */
export const WRITTEN = {
  step: 'done',
  app: JSON.stringify({ appId: 4711, privateKey: KEY }),
  webhook: 'what-github-signs-with',
};
export const UNTOUCHED = { step: 'open', app: 'before', webhook: 'before' };

const HOST = 'a1b2c3.execute-api.eu-west-1.amazonaws.com';
export const PAGE = `https://${HOST}/set-up`;

const opened = z.object({ url: z.string(), until: z.string() });
const shown = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

export class SetUpWorld {
  readonly ledger = ledgerMemory();
  /** Every value each secret had, newest first. */
  readonly values: Record<SetUpSecret, string[]> = { app: ['before'], webhook: ['before'] };
  now = new Date('2026-11-21T10:00:00.000Z');
  /** The code of the next opening. */
  code = CODE;
  /** Apps by GitHub's code: told once. */
  readonly apps = new Map<string, NewApp>([['github-code', APP]]);
  /** Asks a GitHub in memory, or another one that a test gives. */
  newApp: SetUpPorts['newApp'] = async (code) => {
    const app = this.apps.get(code);
    this.apps.delete(code);
    return app;
  };
  readonly lines: string[] = [];
  gitHubUrl = 'https://github.com';
  /** Calls until the visit dies, after the call took effect. */
  dieAfter = Number.POSITIVE_INFINITY;
  /** Called before each call of a port, by its name. */
  before: (call: string) => Promise<void> = async () => undefined;
  readonly #versions = new Map<string, string>();

  /** A world whose page is open to CODE, until eleven. */
  static async opened(): Promise<SetUpWorld> {
    const world = new SetUpWorld();
    await world.open();
    return world;
  }

  /** The function as it is called, by the API or by people. */
  call(event: object): Promise<unknown> {
    return contract.handle((request) => setUp(request, this.#ports()))(event);
  }

  async open() {
    return opened.parse(await this.call({ open: PAGE }));
  }

  async visit(path: '/set-up' | '/set-up/done', query: Record<string, string> = {}) {
    const event = {
      version: '2.0',
      routeKey: `GET ${path}`,
      rawPath: path,
      ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
      requestContext: { domainName: HOST, http: { method: 'GET', path } },
    };
    const answer = shown.parse(await this.call(event));
    const title = /<title>(.*)<\/title>/.exec(answer.body)?.[1];
    return { ...answer, title };
  }

  /** Comes back from GitHub. */
  back(code = 'github-code', state = STATE) {
    return this.visit('/set-up/done', { code, state });
  }

  /** What the ledger keeps. */
  get item(): Readonly<Record<string, unknown>> {
    return this.ledger.items.get('set-up set-up') ?? {};
  }

  /** How far it is, and what the secrets hold. */
  get current() {
    const { app, webhook } = this.values;
    return { step: this.item.step, app: app[0], webhook: webhook[0] };
  }

  #ports(): SetUpPorts {
    let calls = 0;
    let dead = false;
    const dying = async <T>(name: string, call: () => T | Promise<T>): Promise<T> => {
      await this.before(name);
      if (dead) throw new Crash('the visit is dead');
      const answer = await call();
      dead = ++calls >= this.dieAfter;
      if (dead) throw new Crash(`died after ${name}`);
      return answer;
    };
    return {
      ledger: {
        get: (key) => dying('read', () => this.ledger.get(key)),
        put: (key, item, condition) =>
          dying(`keep ${'step' in item && item.step}`, () => this.ledger.put(key, item, condition)),
      },
      secrets: {
        put: (secret, value, version) => dying(`put ${secret}`, () => this.#put(secret, value, version)),
      },
      newApp: (code) => dying('newApp', () => this.newApp(code)),
      newCode: () => this.code,
      clock: { now: () => this.now },
      gitHubUrl: this.gitHubUrl,
      log: (event, facts) => this.lines.push(JSON.stringify({ event, ...facts })),
    };
  }

  #put(secret: SetUpSecret, value: string, version: string): boolean {
    const known = this.#versions.get(`${secret} ${version}`);
    if (known !== undefined) return known === value;
    this.#versions.set(`${secret} ${version}`, value);
    this.values[secret].unshift(value);
    return true;
  }
}

/** A form's target and its hidden fields, as a browser reads them. */
export function formIn(body: string, method: 'post' | 'get') {
  const form = new RegExp(`<form method="${method}" action="([^"]*)">(.*?)</form>`, 's').exec(body);
  const unescaped = (text = '') =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&amp;', '&');
  const field = /name="(?:manifest|code)" value="([^"]*)"/.exec(form?.[2] ?? '');
  return { action: unescaped(form?.[1]), value: unescaped(field?.[1]) };
}
