/** The lines of a comment that its author says: without code, quotations, and what GitHub does not show. Used by `parse.ts`. */

/** What the next line is part of: a paragraph that is not told apart to its end, a fence of code, or what marks of HTML end. */
type Within = 'text' | 'paragraph' | { readonly fence: string } | { readonly until: readonly string[] };

/** Comments are not shown, and what is preformatted is shown as code. */
const HTML = [
  ['<!--', '-->'],
  ['<pre', '</pre>'],
  ['<code', '</code>'],
] as const;

/** An escaped sign, or a span of code: it ends at as many backticks as it began with. https://github.github.com/gfm/#code-spans */
const SPAN = /\\.|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g;

/** `](where "title")`, whole on its line. */
const LINK = /\]\((?:[^\s()]|\([^\s()]*\))*(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/g;

/** A link that goes on, and a link's definition, whose title may follow. */
const UNENDED = [/\]\(/, /^[-*+\d.)\s]*\[.*\]:/];

/**
 * Lines as they are, in their order. Decided line by line and in doubt for "not said": a command that is left out is written again,
 * one that was only shown must not be done. https://github.github.com/gfm/
 */
export function linesSaid(body: string): string[] {
  const said: string[] = [];
  let within: Within = 'text';
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (typeof within === 'object' && 'fence' in within) {
      if (closes(line, within.fence)) within = 'text';
    } else if (typeof within === 'object') {
      within = afterLine(line, within.until);
    } else if (/^\s*>/.test(line)) {
      // A paragraph that began in a quotation goes on in it until an empty line.
      within = 'paragraph';
    } else {
      const isPart: boolean = within === 'paragraph' && line.trim() !== '';
      const next = afterLine(line, []);
      if (!isPart && typeof next === 'string') said.push(line);
      if (!isPart || typeof next === 'object') within = next;
    }
  }
  return said;
}

/** `awaited`: the marks of HTML that end what the line stands in. */
function afterLine(line: string, awaited: readonly string[]): Within {
  const [, fence] = /^\s*(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
  if (fence !== undefined && awaited.length === 0) return { fence };
  const text = line.toLowerCase();
  const until = HTML.flatMap(([begin, end]) => {
    const [opened, closed] = [text.lastIndexOf(begin), text.lastIndexOf(end)];
    return opened > closed || (closed === -1 && awaited.includes(end)) ? end : [];
  });
  if (until.length > 0) return { until };
  return isUnended(line) ? 'paragraph' : 'text';
}

/** A span of code, a link or a tag goes on in the next line, or may. */
function isUnended(line: string): boolean {
  if (line.replaceAll(SPAN, '').includes('`')) return true;
  const rest = line.replaceAll(LINK, '');
  return UNENDED.some((mark) => mark.test(rest)) || /<[a-z/]/i.test(line.slice(line.lastIndexOf('>') + 1));
}

/** A fence is closed by one of its kind that is at least as long, with nothing after it. */
const closes = (line: string, fence: string) => {
  const text = line.trim();
  return text.length >= fence.length && text === (fence[0] ?? '').repeat(text.length);
};
