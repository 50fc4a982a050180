/** The addresses that deliveries may come from, as the stack writes them for `webhook` and as `webhook` reads them. */
const ANY = 'any';

/** One environment variable's text; without ranges every address may deliver. */
export const writtenSources = (ranges: readonly string[]): string =>
  ranges.length === 0 ? ANY : ranges.join(',');

/** The ranges of such a text; undefined where every address may deliver. */
export const readSources = (text: string): readonly string[] | undefined =>
  text === ANY ? undefined : text.split(',');
