/** Markdown as GitHub shows it in comments and checks, whoever wrote it: nothing in it can become a script. Used by the views. */
import { Marked, type Tokens } from 'marked';
import { escaped, type Html } from '../../core/html.ts';

/** How a text is shown. */
export interface MarkdownOptions {
  /** What stands for https://github.com: links to it lead to this page. */
  readonly home: string;
  /** Whether a line break is one, as in comments. */
  readonly breaks: boolean;
}

/** What Belay and people use of HTML; everything else is shown as the text it is. */
const TAG = /<(\/?)(details|summary|br)(?:\s+(open))?\s*\/?>|<!--[\s\S]*?(?:-->|$)/gi;

export function markdown(text: string, { home, breaks }: MarkdownOptions): Html {
  const marked = new Marked({
    gfm: true,
    breaks,
    renderer: {
      html: ({ text: source }) => allowedTags(source),
      // The library leaves text as it is where it takes it for raw HTML.
      text(token) {
        return 'tokens' in token && token.tokens
          ? this.parser.parseInline(token.tokens)
          : readable(token.text);
      },
      code: ({ text: source, lang }) => codeBlock(source, lang),
      link({ href, tokens }) {
        return linkTo(href, this.parser.parseInline(tokens), home);
      },
      // Nothing is loaded from elsewhere, so a picture is a link to it.
      image: ({ href, text: label }: Tokens.Image) => linkTo(href, escaped(label || href), home),
    },
  });
  const markup = marked.parse(text, { async: false });
  return { markup: balanced(markup) };
}

/** Escaped, but what is written as an entity stays the character it stands for. */
const readable = (text: string) =>
  escaped(text).replace(/&amp;(#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,31});/gi, '&$1;');

function allowedTags(source: string): string {
  let markup = '';
  let from = 0;
  for (const match of source.matchAll(TAG)) {
    const [whole, slash, name = '', open] = match;
    markup += readable(source.slice(from, match.index));
    if (name !== '') markup += `<${slash}${name.toLowerCase()}${slash === '' && open ? ' open' : ''}>`;
    from = match.index + whole.length;
  }
  return markup + readable(source.slice(from));
}

/** What somebody leaves open, or closes without having opened it, must not reach the page around it. */
function balanced(markup: string): string {
  const open: string[] = [];
  const closed = markup.replace(/<(\/?)(details|summary)( open)?>/g, (tag, slash: string, name: string) => {
    if (slash === '') {
      open.push(name);
      return tag;
    }
    const depth = open.lastIndexOf(name);
    return depth < 0 ? '' : closing(open.splice(depth));
  });
  return closed + closing(open);
}

const closing = (names: readonly string[]) =>
  names
    .toReversed()
    .map((name) => `</${name}>`)
    .join('');

const SCHEMES = ['http:', 'https:', 'mailto:'];

function linkTo(href: string, label: string, home: string): string {
  const to = href.startsWith(`${home}/`) ? href.slice(home.length) : href;
  const isHere = /^(\/(?![/\\])|#)/.test(to) && URL.canParse(to, home);
  const isKnown = URL.canParse(to) && SCHEMES.includes(new URL(to).protocol);
  if (!isHere && !isKnown) return label;
  return `<a href="${escaped(to)}"${isHere ? '' : ' rel="noopener noreferrer nofollow"'}>${label}</a>`;
}

/** Added, removed and changed lines have their colours. */
const KINDS: Readonly<Record<string, string>> = {
  '+': 'added',
  '-': 'removed',
  '!': 'changed',
  '@': 'place',
};

function codeBlock(source: string, lang: string | undefined): string {
  if (lang?.split(/\s/)[0] !== 'diff') return `<pre><code>${escaped(source)}</code></pre>\n`;
  const lines = source.split('\n').map((line) => {
    const kind = KINDS[line[0] ?? ''];
    return kind === undefined ? escaped(line) : `<span class="${kind}">${escaped(line)}</span>`;
  });
  return `<pre class="diff"><code>${lines.join('\n')}</code></pre>\n`;
}
