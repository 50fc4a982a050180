/** What a release has cost, in its check's summary: so much a target, and how it adds up. Called by `desired.ts`. */
import { arithmetic, type CostLine, dollars, totalOf } from '../cost/line.ts';
import { PRICES_READ_ON } from '../cost/prices.ts';
import type { ReleaseCost } from '../cost/release-cost.ts';
import { code, cutTo, plain, table } from './markdown.ts';

/** Bytes: the table of targets has most of what a summary may say. */
const ROOM = 6000;

/** What is less is told together. US dollars. */
const SMALL = 0.00005;

/** Sums of lines of one price, over all targets. */
function together(cost: ReleaseCost): CostLine[] {
  const lines = [...cost.targets.flatMap((target) => target.lines), ...cost.own];
  return [...Map.groupBy(lines, ({ price }) => price)].map(([price, of]) => ({
    what: of[0]?.what ?? '',
    amount: of.reduce((sum, { amount }) => sum + amount, 0),
    price,
    usd: totalOf(of),
  }));
}

export function costTable(cost: ReleaseCost): string {
  const targets = cost.targets.map(({ target, usd }) => [code(target), dollars(usd)]);
  const shared = ['release and environments', dollars(totalOf(cost.own))];
  const [small, large] = [false, true].map((isLarge) =>
    together(cost).filter(({ usd }) => usd >= SMALL === isLarge),
  );
  const rest = small?.length ? [`all other requests, together ${dollars(totalOf(small))}`] : [];
  const lines = [...(large ?? []).map(arithmetic), ...rest].map((line) => `- ${plain(line)}`);
  const dated = `Prices of us-east-1, read on ${PRICES_READ_ON}, without free tiers.`;
  const [head = '', rule = '', ...rows] = table(['target', 'cost'], [...targets, shared]).split('\n');
  const shown = cutTo(rows, ROOM, (left) => `\n_…and ${left} more_`);
  return [
    `<details><summary>Cost: ${dollars(cost.usd)}</summary>`,
    `${head}\n${rule}\n${shown}`,
    lines.join('\n'),
    `${dated}`,
    '</details>',
  ].join('\n\n');
}
