/** Belay's Markdown as a terminal shows it: called for the comment on a pull request and the pages of checks. */
import { table } from './table.ts';

/** Lines without marks; tables become columns, and what GitHub does not show is left out. */
export function textOf(markdown: string): string[] {
  const lines: string[] = [];
  const rows: string[][] = [];
  const endTable = () => lines.push(...columns(rows.splice(0)));
  let fence = '';
  for (const line of markdown.replace(/\n*<!--[\s\S]*?-->/g, '').split('\n')) {
    const [mark] = /^`{3,}/.exec(line) ?? [];
    if (fence !== '' || mark !== undefined) {
      if (mark === undefined || mark.length < fence.length) lines.push(line);
      else fence = fence === '' ? mark : '';
    } else if (line.startsWith('| ')) rows.push(cellsOf(line));
    else {
      endTable();
      lines.push(unmarked(line.replace(/^#+ /, '')));
    }
  }
  endTable();
  return lines;
}

/** The second row of a table is its rule. Columns without a text are left out. */
function columns([head, , ...rows]: readonly (readonly string[])[]): string[] {
  const all = head === undefined ? [] : [head, ...rows];
  const filled = (head ?? []).flatMap((_, index) => (all.some((row) => row[index]) ? [index] : []));
  return table(all.map((row) => filled.map((index) => row[index] ?? '')).filter((row) => row.some(Boolean)));
}

const cellsOf = (line: string) =>
  line
    .replace(/^\| | \|$/g, '')
    .split(' | ')
    .map((cell) => unmarked(cell).trim());

/** Code keeps what is in it; an escaped character stands for itself. */
const unmarked = (line: string) =>
  line
    .replace(/`([^`]*)`|\\(.)|\*\*|_/g, (_, code?: string, escaped?: string) => code ?? escaped ?? '')
    .replaceAll('\u200b', '');
