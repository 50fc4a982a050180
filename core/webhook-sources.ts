/** The addresses that deliveries may come from, as the stack writes them for `webhook` and as `webhook` reads them. */
import * as z from 'zod';

const ANY = 'any';

const rangesSchema = z.array(z.union([z.cidrv4(), z.cidrv6()], 'is no range of addresses in CIDR notation'));

/**
 * One environment variable's text; without ranges every address may deliver.
 * @throws Error naming what is no range.
 */
export function writtenSources(ranges: readonly string[]): string {
  const { error } = rangesSchema.safeParse(ranges);
  if (error !== undefined) {
    const problems = error.issues.map(({ path, message }) => `"${ranges[Number(path[0])]}" ${message}`);
    throw new Error(
      `reading webhookSources: ${problems.join(', ')}; write them as GitHub does, such as 192.30.252.0/22`,
    );
  }
  return ranges.length === 0 ? ANY : ranges.join(',');
}

/** The ranges of such a text; undefined where every address may deliver. */
export const readSources = (text: string): readonly string[] | undefined =>
  text === ANY ? undefined : text.split(',');
