/** Markdown becomes what GitHub shows, and whatever somebody writes into it stays text. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markdown } from '../../../local/page/markdown.ts';

const show = (text: string, breaks = false) =>
  markdown(text, { home: 'http://127.0.0.1:4000', breaks }).markup;

test('tables, lists and code', () => {
  expect(show('| target | change |\n|---|---|\n| `dev/app` | 1 \\| 2 |')).toContain(
    '<td><code>dev/app</code></td>\n<td>1 | 2</td>',
  );
  expect(show('- one\n- **two**')).toBe('<ul>\n<li>one</li>\n<li><strong>two</strong></li>\n</ul>\n');
  expect(show('```\n<b> & </b>\n```')).toBe('<pre><code>&lt;b&gt; &amp; &lt;/b&gt;</code></pre>\n');
});

test('a diff has its lines marked', () => {
  expect(show('````diff\n- a <b>\n+ c\n! d\n  e\n````')).toBe(
    '<pre class="diff"><code><span class="removed">- a &lt;b&gt;</span>\n<span class="added">+ c</span>\n<span class="changed">! d</span>\n  e</code></pre>\n',
  );
});

test('details are folded, comments are not shown, and a line break is one where people write', () => {
  expect(show('<details open><summary>More</summary>\n\n*rest*\n\n</details>')).toBe(
    '<details open><summary>More</summary><p><em>rest</em></p>\n</details>',
  );
  expect(show('a<br/>b <!-- belay --> c')).toBe('<p>a<br>b  c</p>\n');
  expect([show('a\nb'), show('a\nb', true)]).toEqual(['<p>a\nb</p>\n', '<p>a<br>b</p>\n']);
});

test('what is left open is closed, and what was never opened is not closed', () => {
  expect(show('<details><summary>More\n\nrest')).toBe(
    '<details><summary>More<p>rest</p>\n</summary></details>',
  );
  expect(show('</details>\n\nrest')).toBe('<p>rest</p>\n');
});

test('links lead to this page, to the web, or nowhere', () => {
  expect(show('[run](http://127.0.0.1:4000/local/shop/runs/1)')).toBe(
    '<p><a href="/local/shop/runs/1">run</a></p>\n',
  );
  expect(show('[web](https://example.com/?a="b)')).toContain(
    'href="https://example.com/?a=&quot;b" rel="noopener noreferrer nofollow"',
  );
  expect(show('![shot](https://example.com/a.png)')).toBe(
    '<p><a href="https://example.com/a.png" rel="noopener noreferrer nofollow">shot</a></p>\n',
  );
  for (const href of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    '&#106;avascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil.example',
    '/\\\\evil.example',
  ])
    expect(show(`[press](${href})`)).not.toContain('<a');
});

test.each([
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
  ['a <b onclick="x">c</b>', 'a &lt;b onclick=&quot;x&quot;&gt;c&lt;/b&gt;'],
  ['<details ontoggle=alert(1) open>', '&lt;details ontoggle=alert(1) open&gt;'],
  ['a <code>&lt;i <img src="x" onerror=alert(1)//', '&lt;code&gt;'],
  ['<!-- --!><script>alert(1)</script>', ''],
  ['<a href="javascript:alert(1)">x</a>', '&lt;a href='],
  ['[x]: javascript:alert(1)\n\n[x]', ''],
  ['<javascript:alert(1)>', ''],
  ['`<script>`', '&lt;script&gt;'],
])('%s stays text', (text, shown) => {
  const markup = show(text);
  expect(markup).toContain(shown);
  expect(onlyKnownTags(markup)).toEqual([]);
});

/** Tags, whole, that this page would not make. */
function onlyKnownTags(markup: string): string[] {
  const known =
    /^<\/?(p|em|strong|del|code|pre|ul|ol|li|table|thead|tbody|tr|th|td|blockquote|h[1-6]|hr|br|details|summary|span|a)>$|^<(ol start="\d+"|t[hd] align="(left|right|center)"|details open|pre class="diff"|span class="(added|removed|changed|place)"|input( (disabled|checked|type)="[a-z]*")+|a href="(https?:|mailto:|#|\/(?![/\\]))[^"<>]*"( rel="noopener noreferrer nofollow")?)>$/;
  return (markup.match(/<[^>]*>?/g) ?? []).filter((tag) => !known.test(tag));
}

test('whatever is written, only harmless tags come of it', () => {
  const pieces = [
    ...[
      '<',
      '>',
      '"',
      "'",
      '`',
      '```',
      '````diff\n',
      '\n',
      '\n\n',
      ' ',
      '    ',
      '- ',
      '| ',
      '|---|\n',
      '> ',
      '# ',
      '*',
      '_',
      '~~',
    ],
    ...[
      '[',
      ']',
      '(',
      ')',
      '![',
      '](',
      '](/',
      'javascript:',
      'https://a.example',
      'data:',
      '&lt;',
      '&#60;',
      '&',
      ';',
      '\\',
      '\u0000',
      '\t',
    ],
    ...[
      '<script>',
      '</script>',
      '<code>',
      '</code>',
      '<pre>',
      '<details>',
      '</details>',
      '<summary>',
      '<br>',
      '<!--',
      '-->',
      '<img src=x onerror=y ',
      '<a href=',
      'on=',
      '[x]: ',
      '- [ ] ',
      'a',
    ],
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 24 }), fc.boolean(), (parts, breaks) => {
      expect(onlyKnownTags(show(parts.join(''), breaks))).toEqual([]);
    }),
    { numRuns: 3000 },
  );
});
