/** The log of every function: one JSON object per line on standard output, which Lambda hands to CloudWatch. */
import type { Log } from '../ports.ts';

export const log: Log = (event, facts = {}) => console.log(JSON.stringify({ event, ...facts }));
