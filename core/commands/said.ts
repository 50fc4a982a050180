/** The lines of a comment that its author says: without code, quotations, and what GitHub does not show. Used by `parse.ts`. */

/** What the next line is part of: a fence of code, or what ends at a mark of HTML. */
type Within = 'text' | 'quotation' | { readonly fence: string } | { readonly until: string };

/** Comments are not shown, and what is preformatted is shown as code. */
const HTML = [
  ['<!--', '-->'],
  ['<pre', '</pre>'],
] as const;

/**
 * Lines as they are, in their order. Decided line by line and in doubt for "not said": a command that is left out is written again,
 * one that was only shown must not be done. https://github.github.com/gfm/
 */
export function linesSaid(body: string): string[] {
  const said: string[] = [];
  let within: Within = 'text';
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (typeof within === 'object') {
      const isEnd = 'fence' in within ? closes(line, within.fence) : line.includes(within.until);
      if (isEnd) within = 'text';
    } else if (/^\s*>/.test(line)) {
      within = 'quotation';
    } else if (within === 'quotation' && line.trim() !== '') {
      // A paragraph that began in a quotation goes on in it until an empty line.
    } else {
      within = opened(line);
      if (within === 'text') said.push(line);
    }
  }
  return said;
}

function opened(line: string): Within {
  const [, fence] = /^\s*(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
  if (fence !== undefined) return { fence };
  const open = HTML.find(([begin, end]) => {
    const at = line.lastIndexOf(begin);
    return at !== -1 && !line.slice(at).includes(end);
  });
  return open === undefined ? 'text' : { until: open[1] };
}

/** A fence is closed by one of its kind that is at least as long, with nothing after it. */
const closes = (line: string, fence: string) => {
  const text = line.trim();
  return text.length >= fence.length && text === (fence[0] ?? '').repeat(text.length);
};
