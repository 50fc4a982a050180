/** Tells metrics by lines on standard output, which Lambda hands to CloudWatch; made once by the functions that have any. */
import { metricLine } from '../../core/metrics/emf.ts';
import type { Measure } from '../ports.ts';

/** Not `console.log`: Lambda puts the time and the request in front of it, and CloudWatch documents lines of nothing but JSON. */
export const measure: Measure = (measurement) =>
  void process.stdout.write(`${metricLine(measurement, new Date())}\n`);
