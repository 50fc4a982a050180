/**
 * How much the searching tests try. `npm test` has to be quick enough to be run often, so it tries a sample of what they could;
 * `npm run thorough` tries all of it, and main is held to both.
 */
const isThorough = process.env.BELAY_THOROUGH === '1';

/** The one for `npm run thorough`, or the one for `npm test`. */
export const sampled = <T>(whole: T, sample: T): T => (isThorough ? whole : sample);
