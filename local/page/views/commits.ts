/** Commits of a branch, and a single one. Called by `page.ts`. */
import { type Html, html } from '../../../core/html.ts';
import { type Commit, history } from '../history.ts';
import { icon } from '../icons.ts';
import { pathOf, short } from '../paths.ts';
import { pullOf } from '../pull-heads.ts';
import { moment } from '../times.ts';
import { checksBox, checksSign, commentForm } from './checks.ts';
import type { Content, RepositoryVisit } from './view.ts';

/** Commits on one page. */
const PER_PAGE = 30;

/** The newest commits of a branch; older ones on further pages. */
export async function commits(
  visit: RepositoryVisit,
  branch = visit.repository.defaultBranch,
): Promise<Content> {
  const { repository, bare, query } = visit;
  const page = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
  const order = { range: [`refs/heads/${branch}`], max: PER_PAGE + 1, skip: (page - 1) * PER_PAGE };
  const found = await history(bare, order);
  const older = found.length > PER_PAGE ? [pageLink(visit, page + 1, 'Older')] : [];
  const newer = page > 1 ? [pageLink(visit, page - 1, 'Newer')] : [];
  return {
    status: 200,
    title: `Commits · ${repository.owner}/${repository.name}`,
    place: { repository, tab: 'commits' },
    body: html`<h1>Commits on <code>${branch}</code></h1>
<section class="box">${commitList(visit, found.slice(0, PER_PAGE))}</section>
<nav class="pages" aria-label="Pages">${newer}${older}</nav>`,
  };
}

function pageLink({ path, query }: RepositoryVisit, page: number, label: string): Html {
  const to = new URLSearchParams(query);
  to.set('page', String(page));
  return html`<a href="${path.split('?')[0] ?? ''}?${to.toString()}">${label}</a>`;
}

export function commitList(visit: RepositoryVisit, found: readonly Commit[]): Html {
  if (found.length === 0) return html`<p class="pad muted">There are no commits here.</p>`;
  const rows = found.map(({ sha, title, author, at }) => {
    const path = pathOf(visit.repository, 'commit', sha);
    return html`<li id="commit-${sha}">${icon('commit')}
<div><a class="title" href="${path}">${title}</a><p class="muted"><strong>${author}</strong> committed ${moment(at, visit.now)}</p></div>
${checksSign(visit, sha)}<a class="sha" href="${path}"><code>${short(sha)}</code></a></li>`;
  });
  return html`<ul class="rows">${rows}</ul>`;
}

/** A commit, with all that was said about it. Undefined when there is none of this name. */
export async function commit(visit: RepositoryVisit, name: string): Promise<Content | undefined> {
  const { repository, bare, now } = visit;
  const [found] = /^[0-9a-f]{7,40}$/.test(name) ? await history(bare, { range: [name], max: 1 }) : [];
  if (found === undefined) return undefined;
  const { sha, title, body, author, at, parents } = found;
  const pull = await pullOf(visit, sha);
  const cameBy =
    pull === undefined
      ? html``
      : html` · <a href="${pathOf(repository, 'pull', String(pull.number))}">${pull.title} #${String(pull.number)}</a>`;
  const links = parents.map(
    (parent) => html` <a href="${pathOf(repository, 'commit', parent)}"><code>${short(parent)}</code></a>`,
  );
  return {
    status: 200,
    title: `${title} · ${short(sha)}`,
    place: { repository, tab: 'commits' },
    body: html`<h1>${title}</h1>
${body === '' ? html`` : html`<pre class="message">${body}</pre>`}
<p class="muted"><strong>${author}</strong> committed ${moment(at, now)}${cameBy}</p>
<p class="muted">commit <code>${sha}</code>${parents.length === 0 ? html`` : html` · parent${links}`}</p>
${checksBox(visit, sha)}
${pull === undefined ? commentForm(pathOf(repository, 'commit', sha, 'comment'), visit) : html``}`,
  };
}
