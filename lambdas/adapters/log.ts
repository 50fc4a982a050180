/** The log of every function: one JSON object per line on standard output, which Lambda hands to CloudWatch. */
import type { Log } from '../ports.ts';

/** Not `console.log`: Lambda puts the time and the request in front of it, and metric filters want nothing but JSON. */
export const log: Log = (event, facts = {}) =>
  void process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
