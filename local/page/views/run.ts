/** A check run: what it says, its annotations and its buttons. Called by `page.ts`. */
import { type Html, html } from '../../../core/html.ts';
import type { Annotation, CheckRun } from '../../github/checks.ts';
import { icon } from '../icons.ts';
import { markdown } from '../markdown.ts';
import { markOf, marksOf } from '../marks.ts';
import { pathOf, short } from '../paths.ts';
import { pullOf } from '../pull-heads.ts';
import { moment } from '../times.ts';
import { markList } from './checks.ts';
import type { Content, RepositoryVisit } from './view.ts';

/** Undefined when there is none of this id. */
export async function run(visit: RepositoryVisit, id: string): Promise<Content | undefined> {
  const { github, repository, now, query } = visit;
  const found = github.checks.byId(repository.id, Number(id));
  if (found === undefined) return undefined;
  const { name, head_sha: sha, output, annotations, started_at, completed_at } = found;
  const { state, said, path } = markOf(repository, found);
  const commit = { repository: repository.id, sha };
  const newest = github.checks.of(commit).find((one) => one.name === name);
  const isNewest = newest === undefined || newest.id === found.id;
  const show = (text: string) => markdown(text, { home: github.url, breaks: false });
  const sent = query.get('sent');
  return {
    status: 200,
    title: `${name} · ${said}`,
    place: { repository, tab: 'commits' },
    body: html`<div class="run-head"><div><h1>${icon(state)} ${name}</h1>
<p class="muted">${said} · ${completed_at === null ? 'started' : 'completed'} ${moment(completed_at ?? started_at, now)} · ${await whereabouts(visit, sha)}</p></div>
${isNewest ? buttons(visit, found) : html``}</div>
${sent === null ? html`` : html`<p class="flash" role="status">“${sent}” was sent to Belay.</p>`}
${isNewest ? html`` : html`<p class="flash">There is <a href="${pathOf(repository, 'runs', String(newest.id))}">a newer run</a> of this check.</p>`}
<div class="columns"><div>
<section class="box"><div class="box-head"><h2>${output?.title ?? said}</h2></div>
<div class="markdown pad">${output === null ? html`` : show(output.summary)}</div></section>
${annotations.length === 0 ? html`` : annotationBox(annotations)}
${output?.text === undefined ? html`` : html`<section class="box"><div class="box-head"><h2>Details</h2></div><div class="markdown pad">${show(output.text)}</div></section>`}
</div>
<aside class="box" aria-label="All checks of this commit"><div class="box-head"><h2>All checks</h2></div>${markList(marksOf(github, repository, sha), path)}</aside></div>`,
  };
}

/** The commit, and its pull request. */
async function whereabouts(visit: RepositoryVisit, sha: string): Promise<Html> {
  const { repository } = visit;
  const pull = await pullOf(visit, sha);
  const commit = html`<a href="${pathOf(repository, 'commit', sha)}"><code>${short(sha)}</code></a>`;
  if (pull === undefined) return commit;
  return html`${commit} · <a href="${pathOf(repository, 'pull', String(pull.number))}">${pull.title} #${String(pull.number)}</a>`;
}

/** GitHub shows the run's own buttons once it has completed, and "Re-run" with them. */
function buttons({ repository }: RepositoryVisit, { id, status, actions }: CheckRun): Html {
  if (status !== 'completed') return html``;
  const action = pathOf(repository, 'runs', String(id), 'press');
  const own = actions.map(
    ({ label, description, identifier }) =>
      html`<form method="post" action="${action}" id="press-${String(id)}-${identifier}"><input type="hidden" name="identifier" value="${identifier}"><input type="hidden" name="label" value="${label}"><button title="${description}">${label}</button></form>`,
  );
  return html`<div class="buttons">${own}<form method="post" action="${action}" id="press-${String(id)}"><input type="hidden" name="label" value="Re-run"><button>Re-run</button></form></div>`;
}

const LEVELS = {
  failure: { drawing: 'failure', label: 'Error' },
  warning: { drawing: 'attention', label: 'Warning' },
  notice: { drawing: 'neutral', label: 'Notice' },
} as const;

function annotationBox(annotations: readonly Annotation[]): Html {
  const items = annotations.map(({ path, start_line, end_line, annotation_level, title, message }) => {
    const { drawing, label } = LEVELS[annotation_level];
    const lines = start_line === end_line ? `line ${start_line}` : `lines ${start_line} to ${end_line}`;
    return html`<li>${icon(drawing, label)}<div><p><strong>${title ?? label}</strong></p><p class="muted"><code>${path}</code>, ${lines}</p><pre>${message}</pre></div></li>`;
  });
  return html`<section class="box" aria-label="Annotations"><div class="box-head"><h2>Annotations</h2></div><ul class="annotations">${items}</ul></section>`;
}
