/** Pages as HTTP answers: without scripts, kept by nobody. Used by `set-up.ts`. */
import { createHash } from 'node:crypto';
import { html } from '../../core/html.ts';
import type { Page } from './pages.ts';

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
