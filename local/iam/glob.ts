/** IAM's wildcards: `*` any characters, `?` one. Used for actions, resources and condition values. */

const compiled = new Map<string, RegExp>();

/** Whether `text` as a whole matches `pattern`. */
export function globMatches(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^]*')
      .replaceAll('?', '[^]');
    expression = new RegExp(`^${source}$`);
    compiled.set(pattern, expression);
  }
  return expression.test(text);
}
