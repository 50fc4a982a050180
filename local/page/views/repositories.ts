/** The first page: every repository of the local GitHub. Called by `page.ts`. */
import { type Html, html } from '../../../core/html.ts';
import type { LocalRepository } from '../../github/repositories.ts';
import { history } from '../history.ts';
import { icon } from '../icons.ts';
import { pathOf } from '../paths.ts';
import { moment } from '../times.ts';
import { checksSign } from './checks.ts';
import type { Content, Visit } from './view.ts';

export async function repositories(visit: Visit): Promise<Content> {
  const all = visit.github.repositories.all();
  const rows = await Promise.all(all.map((repository) => row(visit, repository)));
  const list =
    rows.length === 0
      ? html`<p class="pad">Nothing has been pushed yet. <code>npm run local -- push --repo DIR</code> pushes a repository of yours.</p>`
      : html`<ul class="rows">${rows}</ul>`;
  return {
    status: 200,
    title: 'Repositories',
    body: html`<h1>Repositories</h1><section class="box">${list}</section>`,
  };
}

async function row(visit: Visit, repository: LocalRepository): Promise<Html> {
  const { github, now } = visit;
  const range = [`refs/heads/${repository.defaultBranch}`];
  const [head] = await history(github.repositories.bare(repository), { range, max: 1 });
  const newest =
    head === undefined
      ? html`no commits`
      : html`<a href="${pathOf(repository, 'commit', head.sha)}">${head.title}</a> · ${moment(head.at, now)}`;
  return html`<li id="repository-${String(repository.id)}">${icon('repository')}
<div><a class="title" href="${pathOf(repository)}">${repository.owner}/${repository.name}</a>
<p class="muted">${newest}</p><p class="muted">${repository.directory}</p></div>
${head === undefined ? html`` : checksSign({ github, repository }, head.sha)}</li>`;
}
