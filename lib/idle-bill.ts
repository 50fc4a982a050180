/** The table that synth prints: what this stack costs in a month without a push. Called by `bin/app.ts`. */
import { idleCost, type PricedTemplate } from '../core/cost/idle.ts';
import { arithmetic, dollars } from '../core/cost/line.ts';
import { PRICES_READ_ON } from '../core/cost/prices.ts';

export function idleBill(template: PricedTemplate): string {
  const { lines, usd, unknown } = idleCost(template);
  const width = Math.max(...lines.map(({ what }) => what.length));
  const rows = lines.map((line) => `  ${line.what.padEnd(width)}  ${arithmetic(line)}`);
  const more = unknown.length === 0 ? [] : [`  without a known price: ${unknown.join(', ')}`];
  return [
    `idle, this stack costs ${dollars(usd)} a month (us-east-1, prices of ${PRICES_READ_ON}; docs/cost.md):`,
    ...rows,
    ...more,
    '',
  ].join('\n');
}
