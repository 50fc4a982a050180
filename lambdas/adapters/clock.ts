/** The machine's clock, for the handlers. */
import type { Clock } from '../ports.ts';

export const systemClock: Clock = { now: () => new Date() };
