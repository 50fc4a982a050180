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

const again = html`<p>Start again at <code>${PATHS.setUp}?code=…</code> with the one-time code. When it is too old, open the page anew: the command is the stack's output <code>OpenSetUp</code>.</p>`;

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
    html`<p>This makes a GitHub App that belongs to <strong>${owner}</strong>, with the permissions Belay needs. GitHub shows its name, which you may change, and asks once more. The App's key goes to Secrets Manager of this AWS account, and nobody else can read it; what is there as Belay's GitHub credentials and webhook secret is replaced.</p>
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
<p>You find the App on GitHub in the settings of its owner, under Developer settings → GitHub Apps; there is also “Install App”. To make another App, open the page anew (docs/set-up.md).</p>`,
);

export const noCode: Page = page(
  403,
  'The one-time code is missing, wrong or too old',
  html`<p>The page is open to who has just opened it. The stack's output <code>OpenSetUp</code> is the command that does; it answers a new address, good for one hour.</p>`,
);

export const noOrganisation: Page = page(
  400,
  'This is no name of an organisation',
  html`<p>Letters, digits and single hyphens, at most 39: the name in <code>github.com/&lt;name&gt;</code>. Go back and correct it.</p>`,
);

export const notFromHere: Page = page(
  403,
  'This was not begun here',
  html`<p>GitHub's answer belongs to no set-up that is open now, so nothing of it was taken. If you did not click it yourself, somebody tried to give Belay an App of theirs. If you did, your code was too old, or replaced by another: delete the App you made.</p>${again}`,
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
    html`<p>Another App was made at the same time, or the page was opened anew. <a href="${appUrl}">Delete this one</a>: nobody has its key.</p>`,
  );

export const overtaken = (appUrl: string): Page =>
  page(
    409,
    'The page was opened anew meanwhile',
    html`<p>What is kept may be half of <a href="${appUrl}">this App</a> and half of another one. Delete both, and make one with the newest code.</p>`,
  );

export const failed: Page = page(
  500,
  'Setting up did not work',
  html`<p>Why stands in the log of the function <code>set-up</code>. Nothing is lost that reloading this page, or opening <code>${PATHS.setUp}?code=…</code> again, would not find: it goes on where it stopped, or says what to do.</p>`,
);
