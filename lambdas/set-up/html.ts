/** Pages as HTTP answers: escaped, without scripts, kept by nobody. Used by `set-up.ts` and `pages.ts`. */
import { createHash } from 'node:crypto';
import type { Page } from './pages.ts';

/** Markup that is safe as it is. */
export interface Html {
  readonly markup: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template whose values are escaped, except markup and lists of it. */
export function html(texts: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html {
  const shown = values.map((value) => {
    if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
    return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
  });
  return { markup: String.raw({ raw: texts }, ...shown) };
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1f2328}' +
  'button{font:inherit;padding:.5rem 1rem}input{font:inherit;padding:.4rem}code{background:#eff1f3;padding:.1rem .3rem}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The answer; forms go to ourselves and to GitHub at `gitHubUrl`, and nowhere else. */
export function rendered({ status, title, body }: Page, gitHubUrl: string) {
  const document = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${{ markup: STYLE }}</style></head>
<body><h1>${title}</h1>${body}</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action 'self' ${new URL(gitHubUrl).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    statusCode: status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex',
    },
    body: document.markup,
  };
}
