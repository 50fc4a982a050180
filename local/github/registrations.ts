/** Apps that are made from a manifest: GitHub's form, without the page in between, and the codes it hands back. Used by `github.ts`. */
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import * as z from 'zod';
import { requestProblems } from './api/description.ts';

/** https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest */
const manifestSchema = z.strictObject({
  name: z.string().min(1).max(34),
  url: z.url(),
  hook_attributes: z.strictObject({ url: z.url(), active: z.boolean().optional() }),
  redirect_url: z.url(),
  public: z.boolean().optional(),
  default_permissions: z.record(z.string(), z.string()),
  default_events: z.array(z.string()),
});
type Manifest = z.output<typeof manifestSchema>;

/** GitHub keeps a code this long. Milliseconds. */
const CODE_MS = 3600_000;

const FORM = /^(?:\/organizations\/([^/]+))?\/settings\/apps\/new$/;

/** Whether a request is for the form that makes Apps. */
export const isRegistration = (method: string | undefined, path: string): boolean =>
  method === 'POST' && FORM.test(path);

export class Registrations {
  readonly #now: () => number;
  readonly #waiting = new Map<string, { manifest: Manifest; owner: string; until: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes the form as if its sender had pressed GitHub's button too: back to `redirect_url` with a code, or what is wrong. */
  register(to: URL, form: string): { readonly redirect: string } | { readonly problem: string } {
    const text = new URLSearchParams(form).get('manifest') ?? '';
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
    const manifest = parsed.data;
    const problems = permissionProblems(manifest.default_permissions);
    if (problems.length > 0) return { problem: problems.join('; ') };
    const code = randomBytes(20).toString('hex');
    const owner = FORM.exec(to.pathname)?.[1] ?? 'you';
    this.#waiting.set(code, { manifest, owner, until: this.#now() + CODE_MS });
    const back = new URL(manifest.redirect_url);
    back.searchParams.set('code', code);
    const state = to.searchParams.get('state');
    if (state !== null) back.searchParams.set('state', state);
    return { redirect: back.href };
  }

  /** The App, once and within the hour. `url`: what stands for https://github.com. */
  convert(code: string, url: string): object | undefined {
    const waiting = this.#waiting.get(code);
    this.#waiting.delete(code);
    if (waiting === undefined || this.#now() > waiting.until) return undefined;
    const { manifest, owner } = waiting;
    const slug = manifest.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    return {
      id: randomInt(1000, 1_000_000),
      slug,
      name: manifest.name,
      owner: { login: owner },
      external_url: manifest.url,
      html_url: `${url}/apps/${slug}`,
      permissions: manifest.default_permissions,
      events: manifest.default_events,
      client_id: `Iv1.${randomBytes(8).toString('hex')}`,
      client_secret: randomBytes(20).toString('hex'),
      webhook_secret: randomBytes(20).toString('hex'),
      pem: privateKey,
    };
  }
}

/** Names and levels are those of GitHub's description, which lists them where tokens are narrowed. */
function permissionProblems(permissions: Readonly<Record<string, string>>): string[] {
  const operation = 'POST /app/installations/{installation_id}/access_tokens';
  const tokens = { operation, values: { installation_id: '1' } };
  return requestProblems(tokens, new URLSearchParams(), { permissions });
}
