/** Checks of a commit, short beside its title and long in a box. Used by the other views. */
import { type Html, html } from '../../../core/html.ts';
import { icon } from '../icons.ts';
import { type Mark, marksOf, rollup } from '../marks.ts';
import { pathOf } from '../paths.ts';
import type { RepositoryVisit, Visit } from './view.ts';

/** One sign for all checks of a commit, which opens their list; nothing where there are none. */
export function checksSign(visit: Pick<RepositoryVisit, 'github' | 'repository'>, sha: string): Html {
  const marks = marksOf(visit.github, visit.repository, sha);
  const sum = rollup(marks);
  if (sum === undefined) return html``;
  return html`<details class="sign"><summary title="${sum.title}">${icon(sum.state, sum.title)} ${sum.fraction}</summary>
<div class="popover"><strong>${sum.title}</strong>${markList(marks)}</div></details>`;
}

/** Everything about the checks of a commit, with "Re-run all checks". */
export function checksBox({ github, repository }: RepositoryVisit, sha: string): Html {
  const marks = marksOf(github, repository, sha);
  const sum = rollup(marks);
  if (sum === undefined)
    return html`<section class="box"><h2>Checks</h2><p class="pad muted">Nothing has been said about this commit yet.</p></section>`;
  const hasRuns = marks.some(({ path }) => path !== undefined);
  return html`<section class="box" aria-label="Checks">
<div class="box-head">${icon(sum.state)}<div><h2>${sum.title}</h2><p class="muted">${sum.counts}</p></div>
${hasRuns ? rerunAll(pathOf(repository, 'commit', sha, 're-run')) : html``}</div>
${markList(marks)}
</section>`;
}

const rerunAll = (action: string): Html =>
  html`<form method="post" action="${action}"><button>Re-run all checks</button></form>`;

export function markList(marks: readonly Mark[], current?: string): Html {
  const items = marks.map(({ name, state, said, title, path }) => {
    const here = path !== undefined && path === current ? html` aria-current="page"` : html``;
    const label =
      path === undefined ? html`<strong>${name}</strong>` : html`<a href="${path}"${here}>${name}</a>`;
    return html`<li id="mark-${name}">${icon(state)}<div class="mark">${label} <span class="said">${said}</span><span class="muted">${title}</span></div></li>`;
  });
  return html`<ul class="marks">${items}</ul>`;
}

/** Who somebody is, by their login. */
export function author(login: string): Html {
  const isBot = login.endsWith('[bot]');
  const name = login.replace(/\[bot\]$/, '');
  return isBot
    ? html`<strong>${name}</strong> <span class="label">bot</span>`
    : html`<strong>${name}</strong>`;
}

/** Where somebody writes; `/belay help` says what may be asked. */
export const commentForm = (
  action: string,
  { login }: Pick<Visit, 'login'>,
): Html => html`<form class="comment-form" id="new-comment" method="post" action="${action}">
<label for="comment-body">Add a comment as <strong>${login}</strong></label>
<textarea id="comment-body" name="body" rows="4" required maxlength="65536" placeholder="/belay status"></textarea>
<p class="muted">A line that begins with <code>/belay</code> is a command; <code>/belay help</code> lists them.</p>
<button class="primary">Comment</button>
</form>`;
