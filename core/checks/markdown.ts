/** Markdown for check runs: text that stays text, tables, and cuts at a sensible place. Used by `desired.ts` and `plan-diff.ts`. */

/** Bytes, not characters: GitHub's limit is meant in characters, and this is never more. */
export const sizeOf = (text: string) => new TextEncoder().encode(text).length;

/** Text from elsewhere, on one line: nothing in it is Markdown, HTML, a table or somebody's name. */
export const plain = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_{}[\]<>|#~]/g, '\\$&')
    // A zero-width space keeps GitHub from telling people and from linking issues.
    .replace(/@(?=\w)/g, '@\u200b');

/** Code on one line, whatever is in it. */
export const code = (text: string) => `\`${text.replace(/[`|\s]+/g, ' ')}\``;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** As many of the parts, in their order, as fit; `rest` says what the others were. */
export function cutTo(parts: readonly string[], limit: number, rest: (left: number) => string): string {
  const all = parts.join('\n');
  if (sizeOf(all) <= limit) return all;
  const room = limit - sizeOf(rest(parts.length)) - 1;
  const kept: string[] = [];
  let used = 0;
  for (const part of parts) {
    used += sizeOf(part) + 1;
    if (used > room) break;
    kept.push(part);
  }
  return [...kept, rest(parts.length - kept.length)].join('\n');
}

/** On one line, cut after a word where there is one near the end. */
export function shortened(text: string, max: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= max) return line;
  const room = line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '');
  const word = room.lastIndexOf(' ');
  const kept = word > room.length - 25 ? room.slice(0, word) : room;
  return `${kept.replace(/[\s,;:.(]+$/, '')}…`;
}

/** `3 min 12 s`, `2 h 5 min`. */
export function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
