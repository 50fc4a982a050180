/** What can be done with a pull request: it is merged with a button, as long as it has no conflicts. Used by `pulls.ts`. */
import { type Html, html } from '../../../core/html.ts';
import type { PullRequest } from '../../github/discussions.ts';
import { gitAnswer } from '../../github/git.ts';
import { mergedTree } from '../../github/merge.ts';
import { icon } from '../icons.ts';
import { marksOf, rollup } from '../marks.ts';
import { pathOf, short } from '../paths.ts';
import { headOf } from '../pull-heads.ts';
import type { RepositoryVisit } from './view.ts';

export async function mergeBox(visit: RepositoryVisit, pull: PullRequest): Promise<Html> {
  const { bare } = visit;
  if (pull.merged !== undefined) return mergedBox(visit, pull, pull.merged);
  if (pull.state === 'closed') return html``;
  const head = await headOf(bare, pull);
  return (await mergedTree(bare, pull)) === undefined ? conflictBox(pull) : mergeableBox(visit, pull, head);
}

const conflictBox = ({ base, head }: PullRequest): Html =>
  html`<section class="box merge" aria-label="Merging"><div class="box-head">${icon('failure')}<div>
<h2>This branch has conflicts that must be resolved</h2><p class="muted">Merge <code>${base}</code> into <code>${head}</code> and push it: <code>npm run local -- plan</code>.</p></div></div></section>`;

function mergeableBox(
  { github, repository }: RepositoryVisit,
  { number, base }: PullRequest,
  head: string,
): Html {
  const isGood = rollup(marksOf(github, repository, head))?.state === 'success';
  const advice = isGood
    ? 'Merging can be performed.'
    : 'A branch rule that requires the check “belay” would not let it be merged yet; here nothing keeps you from it.';
  return html`<section class="box merge" aria-label="Merging"><div class="box-head">${icon('success')}<div>
<h2>This branch has no conflicts with <code>${base}</code></h2><p class="muted">${advice}</p></div>
<form method="post" action="${pathOf(repository, 'pull', String(number), 'merge')}"><button class="${isGood ? 'primary' : 'plain'}">Merge pull request</button></form></div></section>`;
}

/** The commit is made by this GitHub: the working copy that was pushed does not have it. */
async function mergedBox(
  { repository, bare }: RepositoryVisit,
  { base }: PullRequest,
  merged: string,
): Promise<Html> {
  const { directory } = repository;
  const isThere = (await gitAnswer(directory, 'cat-file', '-e', merged)) !== undefined;
  const fetching = isThere
    ? html``
    : html`<p class="muted">Before you push again, take it into your working copy: <code>git -C ${directory} pull ${bare} ${base}</code></p>`;
  return html`<section class="box merge" aria-label="Merging"><div class="box-head"><span class="merged">${icon('merged')}</span><div>
<h2>Merged as <a href="${pathOf(repository, 'commit', merged)}"><code>${short(merged)}</code></a> into <code>${base}</code></h2>${fetching}</div></div></section>`;
}
