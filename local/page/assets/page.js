// Keeps an open page as the local GitHub is: what has changed is put in its place, so that the reader's place, the field somebody
// writes in and what was folded out stay. Without it the page is the same, until it is loaded again.

let isLooking = false;
let hasNews = false;

let source;
follow();
document.addEventListener('visibilitychange', follow);

/** Browsers keep six connections to one place: a tab that nobody sees gives its own free. */
function follow() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource('/-/changes');
  source.addEventListener('message', () => void look());
  // What happened before the first word, or in a break, was perhaps missed.
  source.addEventListener('open', () => void look());
}

async function look() {
  hasNews = true;
  if (isLooking) return;
  isLooking = true;
  try {
    while (hasNews) {
      hasNews = false;
      const response = await fetch(location.href, { cache: 'no-store' });
      if (!response.ok) break;
      const next = new DOMParser().parseFromString(await response.text(), 'text/html');
      document.title = next.title;
      become(document.body, next.body);
    }
  } catch {
    // The twin has ended: the event stream tries on, and opens when it is back.
  } finally {
    isLooking = false;
  }
}

/** What people have written or folded out is theirs. */
const KEPT = { DETAILS: ['open'], INPUT: ['value'] };

function become(node, next) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== next.data) node.data = next.data;
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE || node.isEqualNode(next)) return;
  const kept = KEPT[node.nodeName] ?? [];
  for (const { name } of [...node.attributes])
    if (!next.hasAttribute(name) && !kept.includes(name)) node.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (node.getAttribute(name) !== value && !kept.includes(name)) node.setAttribute(name, value);
  if (node.nodeName !== 'TEXTAREA') becomeChildren(node, next);
}

/** Elements with an id are found again wherever they are; others by their turn. */
function becomeChildren(parent, next) {
  const wanted = new Set([...next.children].map(({ id }) => id).filter(Boolean));
  for (const child of [...parent.children]) if (child.id && !wanted.has(child.id)) child.remove();
  const known = new Map([...parent.children].filter(({ id }) => id).map((child) => [child.id, child]));
  let at = parent.firstChild;
  for (const child of [...next.childNodes]) {
    const found = child.id ? known.get(child.id) : at;
    if (found && found.nodeName === child.nodeName && (child.id || !found.id)) {
      if (found === at) at = at.nextSibling;
      else parent.insertBefore(found, at);
      become(found, child);
    } else {
      parent.insertBefore(document.importNode(child, true), at);
    }
  }
  while (at) {
    const rest = at;
    at = at.nextSibling;
    rest.remove();
  }
}
