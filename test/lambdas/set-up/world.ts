/** A set-up with secrets in memory that behave as Secrets Manager's, a GitHub that makes Apps, and visits that can be made to die. */
import { setUp as contract } from '../../../core/contracts/set-up.ts';
import type { NewApp, SetUpPorts, SetUpSecret } from '../../../lambdas/set-up/ports.ts';
import { setUp } from '../../../lambdas/set-up/set-up.ts';
import { Crash } from '../../support/dying-ports.ts';

export const CODE = 'onetimecodeOfFortyEightLettersAndDigits123456789';
/** HMAC-SHA256 of the purpose under CODE, made with openssl. */
export const STATE = '81440c599fa7397740d461a723e2944603f089c4cfda16136de8d08c68505363';
export const KEY = '-----BEGIN RSA PRIVATE KEY-----\nnobody may see this\n-----END RSA PRIVATE KEY-----\n';

export const APP: NewApp = {
  id: 4711,
  privateKey: KEY,
  webhookSecret: 'what-github-signs-with',
  url: 'https://github.com/apps/belay-a1b2c3',
};

export class SetUpWorld {
  /** Every value each secret had, newest first. */
  readonly values: Record<SetUpSecret, string[]> = { own: [CODE], app: ['before'], webhook: ['before'] };
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

  async visit(path: '/set-up' | '/set-up/done', query: Record<string, string> = {}) {
    const answer = await contract.handle((request) => setUp(request, this.#ports()))({
      version: '2.0',
      routeKey: `GET ${path}`,
      rawPath: path,
      ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
      requestContext: { domainName: 'a1b2c3.execute-api.eu-west-1.amazonaws.com' },
    });
    const title = /<title>(.*)<\/title>/.exec(answer.body)?.[1];
    return { ...answer, title };
  }

  /** Comes back from GitHub. */
  back(code = 'github-code', state = STATE) {
    return this.visit('/set-up/done', { code, state });
  }

  /** Every value that is not lost, newest first, of all three. */
  get current() {
    const { own, app, webhook } = this.values;
    return { own: own[0], app: app[0], webhook: webhook[0] };
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
      secrets: {
        own: () => dying('own', () => this.values.own[0] ?? ''),
        put: (secret, value, version) => dying(`put ${secret}`, () => this.#put(secret, value, version)),
      },
      newApp: (code) => dying('newApp', () => this.newApp(code)),
      gitHubUrl: this.gitHubUrl,
      log: (event, facts) => this.lines.push(JSON.stringify({ event, ...facts })),
    };
  }

  #put(secret: SetUpSecret, value: string, version: string | undefined): boolean {
    if (version !== undefined) {
      const known = this.#versions.get(`${secret} ${version}`);
      if (known !== undefined) return known === value;
      this.#versions.set(`${secret} ${version}`, value);
    }
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
