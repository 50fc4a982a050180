/** Pull requests of a repository, and a single one with its conversation. Called by `page.ts`. */
import { type Html, html } from '../../../core/html.ts';
import type { Comment, PullRequest } from '../../github/discussions.ts';
import { history } from '../history.ts';
import { icon } from '../icons.ts';
import { markdown } from '../markdown.ts';
import { pathOf } from '../paths.ts';
import { headOf } from '../pull-heads.ts';
import { moment } from '../times.ts';
import { author, checksBox, checksSign, commentForm } from './checks.ts';
import { commitList } from './commits.ts';
import { mergeBox } from './merge-box.ts';
import type { Content, RepositoryVisit } from './view.ts';

/** Commits of a pull request that are listed; GitHub has this limit, too. */
const MAX_COMMITS = 250;

const stateOf = ({ state, merged, draft }: PullRequest) => {
  if (merged !== undefined) return { name: 'merged', label: 'Merged', drawing: 'merged' } as const;
  if (state === 'closed') return { name: 'closed', label: 'Closed', drawing: 'pull' } as const;
  return draft
    ? ({ name: 'draft', label: 'Draft', drawing: 'pull' } as const)
    : ({ name: 'open', label: 'Open', drawing: 'pull' } as const);
};

/** Open ones, or with `?state=closed` the others; the newest first. */
export async function pulls(visit: RepositoryVisit): Promise<Content> {
  const { github, repository, bare, query } = visit;
  const wanted = query.get('state') === 'closed' ? 'closed' : 'open';
  const all = github.discussions.of(repository.id).toReversed();
  const count = (state: string) => String(all.filter((pull) => pull.state === state).length);
  const base = pathOf(repository, 'pulls');
  const here = (state: string) => (state === wanted ? html` aria-current="page"` : html``);
  const rows = await Promise.all(
    all
      .filter(({ state }) => state === wanted)
      .map(async (pull) => row(visit, pull, await headOf(bare, pull))),
  );
  const list =
    rows.length === 0 ? html`<p class="pad muted">There are none.</p>` : html`<ul class="rows">${rows}</ul>`;
  return {
    status: 200,
    title: `Pull requests · ${repository.owner}/${repository.name}`,
    place: { repository, tab: 'pulls' },
    body: html`<h1>Pull requests</h1>
<section class="box"><nav class="box-head states" aria-label="State">
<a href="${base}"${here('open')}>${count('open')} Open</a> <a href="${base}?state=closed"${here('closed')}>${count('closed')} Closed</a></nav>
${list}</section>`,
  };
}

function row(visit: RepositoryVisit, pull: PullRequest, sha: string): Html {
  const { number, title, user, base, head } = pull;
  const { name, label, drawing } = stateOf(pull);
  return html`<li id="pull-${String(number)}"><span class="${name}">${icon(drawing, label)}</span>
<div><a class="title" href="${pathOf(visit.repository, 'pull', String(number))}">${title}</a>
<p class="muted">#${String(number)} by ${author(user)} · <code>${base}</code> ← <code>${head}</code></p></div>
${checksSign(visit, sha)}</li>`;
}

/** Undefined when there is none of this number. */
export async function pull(visit: RepositoryVisit, number: string): Promise<Content | undefined> {
  const { github, repository, bare } = visit;
  const found = github.discussions.of(repository.id).find((one) => String(one.number) === number);
  if (found === undefined) return undefined;
  const { title, user, base, head, merged } = found;
  const sha = await headOf(bare, found);
  const range = [sha, `^${merged === undefined ? `refs/heads/${base}` : `${merged}^1`}`];
  const commits = sha === '' ? [] : await history(bare, { range, max: MAX_COMMITS });
  const { name, label, drawing } = stateOf(found);
  const many = `${commits.length} commit${commits.length === 1 ? '' : 's'}`;
  const wish = merged === undefined ? 'wants to merge' : 'merged';
  const comments = github.discussions.comments
    .all()
    .filter((one) => one.repository === repository.id && one.issue === found.number);
  return {
    status: 200,
    title: `${title} · #${number}`,
    place: { repository, tab: 'pulls' },
    body: html`<h1>${title} <span class="muted">#${number}</span></h1>
<p><span class="state ${name}">${icon(drawing)} ${label}</span> <span class="muted">${author(user)} ${wish} ${many} into <code>${base}</code> from <code>${head}</code></span></p>
<section class="box" aria-label="Commits"><div class="box-head"><h2>Commits</h2></div>${commitList(visit, commits)}</section>
${comments.map((one) => commentBox(visit, one))}
${sha === '' ? html`` : checksBox(visit, merged ?? sha)}
${await mergeBox(visit, found)}
${commentForm(pathOf(repository, 'pull', number, 'comment'), visit)}`,
  };
}

/** https://docs.github.com/en/rest/reactions/reactions#about-reactions */
const REACTIONS: Readonly<Record<string, string>> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
};

function commentBox(
  { github, now }: RepositoryVisit,
  { id, user, body, created_at, updated_at }: Comment,
): Html {
  const reactions = github.discussions.reactions
    .all()
    .filter(({ comment }) => comment === id)
    .map(({ content, user: by }) => {
      const said = `${by} reacted with ${content}`;
      return html`<span class="reaction" role="img" title="${said}" aria-label="${said}">${REACTIONS[content] ?? content}</span>`;
    });
  const edited = updated_at === created_at ? html`` : html` · edited ${moment(updated_at, now)}`;
  return html`<article class="box comment" id="issuecomment-${String(id)}">
<div class="box-head"><span>${author(user)} <span class="muted">commented <a href="#issuecomment-${String(id)}">${moment(created_at, now)}</a>${edited}</span></span></div>
<div class="markdown pad">${markdown(body, { home: github.url, breaks: true })}</div>
${reactions.length === 0 ? html`` : html`<p class="reactions">${reactions}</p>`}
</article>`;
}
