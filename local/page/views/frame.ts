/** The frame around every page: where one is, who one is, and the ways to go on. Used by `page.ts`. */
import { type Html, html } from '../../../core/html.ts';
import { icon } from '../icons.ts';
import { pathOf } from '../paths.ts';
import type { Content, Visit } from './view.ts';

export function framed(visit: Visit, { title, place, body }: Content): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Belay’s local GitHub</title>
<link rel="icon" href="/-/icon.svg">
<link rel="stylesheet" href="/-/page.css">
<script src="/-/page.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header>
<a class="home" href="/">Belay’s local GitHub</a>
${place === undefined ? [] : [crumbs(place)]}
${signedIn(visit)}
</header>
${place === undefined ? [] : [tabs(visit, place)]}
<main id="content">
${body}
</main>
</body>
</html>
`;
  return page.markup;
}

type Place = NonNullable<Content['place']>;

const crumbs = ({ repository }: Place): Html =>
  html`<span class="crumbs">${repository.owner} / <a href="${pathOf(repository)}">${repository.name}</a></span>`;

function tabs({ github }: Visit, { repository, tab }: Place): Html {
  const open = github.discussions.of(repository.id).filter(({ state }) => state === 'open').length;
  const all = [
    { id: 'commits', path: pathOf(repository), drawing: 'commit', label: 'Commits', count: '' },
    {
      id: 'pulls',
      path: pathOf(repository, 'pulls'),
      drawing: 'pull',
      label: 'Pull requests',
      count: `${open}`,
    },
  ] as const;
  const links = all.map(({ id, path, drawing, label, count }) => {
    const current = id === tab ? html` aria-current="page"` : html``;
    const counter = count === '' ? html`` : html` <span class="counter">${count}</span>`;
    return html`<a href="${path}"${current}>${icon(drawing)} ${label}${counter}</a>`;
  });
  return html`<nav class="tabs" aria-label="Repository">${links}</nav>`;
}

/** Nobody proves who they are here: the twin is its user's own. */
const signedIn = ({ login, path }: Visit): Html => html`<details class="who">
<summary>Signed in as <strong>${login}</strong></summary>
<form method="post" action="/-/login">
<input type="hidden" name="back" value="${path}">
<label>Act as <input name="login" value="${login}" required maxlength="39" pattern="[A-Za-z0-9]([A-Za-z0-9]|-)*(\[bot\])?" autocomplete="off" autocapitalize="off" spellcheck="false"></label>
<button>Switch</button>
</form>
</details>`;
