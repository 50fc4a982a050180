/** One line of a bill: so much of something at its price. Used by what a release costs and by what the stack costs idle. */
import { PRICES, type PriceName } from './prices.ts';

export interface CostLine {
  /** For people: `2 jobs, 120 s of 1 vCPU`. */
  readonly what: string;
  /** In the unit that `price` is for. */
  readonly amount: number;
  readonly price: PriceName;
  readonly usd: number;
}

export const costLine = (what: string, amount: number, price: PriceName): CostLine => ({
  what,
  amount,
  price,
  usd: amount * PRICES[price].usd,
});

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);

/** `$0.0123`: four digits where there are cents or less, two above. Never nothing for something. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.0001) return 'less than $0.0001';
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

/** A person can redo it: `0.0333 vCPU-hour × $0.03238 = $0.0011`. */
export function arithmetic({ amount, price, usd }: CostLine): string {
  const { usd: each, per } = PRICES[price];
  return `${plainNumber(amount)} ${per} × $${plainNumber(each)} = ${dollars(usd)}`;
}

/** At most four digits that count, never in powers of ten. */
function plainNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 12)).replace(/0+$/, '').replace(/\.$/, '');
}
