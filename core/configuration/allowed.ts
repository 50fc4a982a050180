/**
 * What the configuration allows, as it reaches the functions: a comma-separated list in one variable, `*` for anything. Written by
 * `lib`, read by `webhook` and `resolve`.
 */

/** Anything. */
export const ANY = '*';

/** What a function's variable holds; `own` is what stands for a field that was left out. */
export function allowedAsText(allowed: 'any' | readonly string[] | undefined, own: string): string {
  if (allowed === undefined) return own;
  return allowed === 'any' ? ANY : allowed.join(',');
}

/** What is allowed; undefined where anything is. */
export function allowedFromText(text: string): readonly string[] | undefined {
  return text === ANY ? undefined : text.split(',');
}

/** Whether deliveries of the repository `owner/name` are served. GitHub's names are the same in small and capital letters. */
export function isServed(fullName: string, served: readonly string[] | undefined): boolean {
  if (served === undefined) return true;
  const name = fullName.toLowerCase();
  return served.some((one) => {
    const pattern = one.toLowerCase();
    return pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  });
}
