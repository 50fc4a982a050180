/** What the set-up page says, for every way a visit can go. Used by `set-up.ts`. */
import { PATHS } from '../../core/contracts/set-up.ts';
import { type Html, html } from '../../core/html.ts';

export interface Page {
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  readonly body: Html;
}

const page = (status: number, title: string, body: Html): Page => ({ status, title, body });

const again = html`<p>Start again at <code>${PATHS.setUp}?code=…</code> with the one-time code.</p>`;

const AFTERWARDS: readonly Html[] = [
  html`<li>Install the App on the repositories that have a <code>belay.yaml</code>, and on no others.</li>`,
  html`<li>In the rules of their default branches, require the check <code>belay</code>.</li>`,
  html`<li>Push. What ran already takes up to five minutes to know that it is the App now.</li>`,
];

/** The one click; `action` and `manifest` go to GitHub. */
export function form(to: {
  readonly code: string;
  readonly organisation: string | undefined;
  readonly action: string;
  readonly manifest: string;
}): Page {
  const owner = to.organisation ?? 'your own account';
  return page(
    200,
    'Set Belay up on GitHub',
    html`<p>This makes a GitHub App that belongs to <strong>${owner}</strong>, with the permissions Belay needs. GitHub shows its name, which you may change, and asks once more. The App's key goes to Secrets Manager of this AWS account and nowhere else; what is there as Belay's GitHub credentials and webhook secret is replaced.</p>
<form method="post" action="${to.action}"><input type="hidden" name="manifest" value="${to.manifest}"><button>Create the App for ${owner}</button></form>
<h2>For an organisation</h2>
<p>The App can be installed on repositories of its owner only. You must be an owner of the organisation.</p>
<form method="get" action="${PATHS.setUp}"><input type="hidden" name="code" value="${to.code}"><label>Organisation <input name="organisation" value="${to.organisation ?? ''}"></label> <button>Choose</button></form>`,
  );
}

export function done(appUrl: string): Page {
  return page(
    200,
    'Belay is set up',
    html`<p><a href="${appUrl}">The App</a> is made, and its key is in Secrets Manager. This page is off from now on.</p>
<ol>${AFTERWARDS}</ol><p><a href="${appUrl}/installations/new">Install the App</a></p>`,
  );
}

export const off: Page = page(
  410,
  'Belay is set up',
  html`<p>The set-up is done, and this page is off. If you came here to finish it:</p>
<ol>${AFTERWARDS}</ol>
<p>You find the App on GitHub in the settings of its owner, under Developer settings → GitHub Apps; there is also “Install App”. To make another App, put a new code into the secret of the set-up (docs/set-up.md).</p>`,
);

export const noCode: Page = page(
  403,
  'The one-time code is missing or wrong',
  html`<p>Read it with <code>aws secretsmanager get-secret-value --secret-id belay-pipeline/set-up --query SecretString --output text</code> and open <code>${PATHS.setUp}?code=…</code>.</p>`,
);

export const noOrganisation: Page = page(
  400,
  'This is no name of an organisation',
  html`<p>Letters, digits and single hyphens, at most 39: the name in <code>github.com/&lt;name&gt;</code>. Go back and correct it.</p>`,
);

export const notFromHere: Page = page(
  403,
  'This was not begun here',
  html`<p>GitHub's answer belongs to no set-up with the present code, so nothing of it was taken. If you did not click it yourself, somebody tried to give Belay an App of theirs. If you did, the code was changed meanwhile: delete the App you made.</p>${again}`,
);

export const unknownToGitHub = (gitHubUrl: string): Page =>
  page(
    409,
    'GitHub does not know this answer any more',
    html`<p>GitHub tells an App's key once, within an hour. It was asked too late, or told it to a visit that broke off before the key was kept. Nothing was changed here. If an App was made, <a href="${gitHubUrl.replace(/\/$/, '')}/settings/apps">delete it on GitHub</a> (for an organisation: in its settings, under Developer settings → GitHub Apps), for nobody has its key.</p>${again}`,
  );

export const secondApp = (appUrl: string): Page =>
  page(
    409,
    'Another App was faster',
    html`<p>Two Apps were made at the same time, and the other one is used. <a href="${appUrl}">Delete this one</a>: nobody has its key.</p>`,
  );

export const failed: Page = page(
  500,
  'Setting up did not work',
  html`<p>Why stands in the log of the function <code>set-up</code>. Nothing is lost that reloading this page, or opening <code>${PATHS.setUp}?code=…</code> again, would not find: it goes on where it stopped, or says what to do.</p>`,
);
