/** The charts of a dashboard as SVG, plain enough to be read in a document. Used by `dashboard-page.ts`. */
import type { ShownMetric } from '../../../local/watch/board.ts';

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** What is shown, in milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const PALETTE = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f'];
const MARGIN = { left: 44, right: 44, top: 8, bottom: 40 };

const colorOf = ({ color }: ShownMetric, index: number) => color ?? PALETTE[index % PALETTE.length] ?? '#000';

export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const rounded = (value: number) => String(value >= 10 ? Math.round(value) : Number(value.toPrecision(2)));

/** A round number that is not below. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power) as number;
}

const peak = (metrics: readonly ShownMetric[]) =>
  ceiling(Math.max(0, ...metrics.flatMap(({ points }) => points.map(({ value }) => value))));

/** Lines over time; those of the right axis are dashed. */
export function lineChart(metrics: readonly ShownMetric[], frame: Frame): string {
  const { width, height, from, to } = frame;
  const [left, right] = [metrics.filter(({ isRight }) => !isRight), metrics.filter(({ isRight }) => isRight)];
  const tops = { left: peak(left), right: peak(right) };
  const x = (at: number) =>
    MARGIN.left + ((at - from) / Math.max(1, to - from)) * (width - MARGIN.left - MARGIN.right);
  const y = (value: number, top: number) =>
    height - MARGIN.bottom - (value / top) * (height - MARGIN.top - MARGIN.bottom);
  const shapes = metrics.map((metric, index) => {
    const color = colorOf(metric, index);
    const top = metric.isRight ? tops.right : tops.left;
    const places = metric.points.map(({ at, value }) => [x(at).toFixed(1), y(value, top).toFixed(1)]);
    const dash = metric.isRight ? ' stroke-dasharray="4 3"' : '';
    const line = `<polyline fill="none" stroke="${color}" stroke-width="1.8"${dash} points="${places.map((one) => one.join()).join(' ')}"/>`;
    return (
      line + places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2.4" fill="${color}"/>`).join('')
    );
  });
  const axis = (top: number, at: number, anchor: string) =>
    [0, top / 2, top]
      .map(
        (value) =>
          `<text x="${at}" y="${y(value, top) + 4}" text-anchor="${anchor}">${rounded(value)}</text>`,
      )
      .join('');
  const grid = [0, 0.5, 1].map((part) => {
    const at = y(part, 1);
    return `<line x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${at}" y2="${at}" class="grid"/>`;
  });
  const rightAxis = right.length === 0 ? '' : axis(tops.right, width - MARGIN.right + 6, 'start');
  return svg(
    frame,
    grid.join('') +
      axis(tops.left, MARGIN.left - 6, 'end') +
      rightAxis +
      shapes.join('') +
      legend(metrics, frame),
  );
}

/** Totals side by side, with their numbers. */
export function barChart(metrics: readonly ShownMetric[], frame: Frame): string {
  const totals = metrics.map((metric) => metric.points.reduce((sum, { value }) => sum + value, 0));
  const top = Math.max(1, ...totals);
  const row = (frame.height - 16) / metrics.length;
  const label = 112;
  const bars = metrics.map((metric, index) => {
    const total = totals[index] ?? 0;
    const y = 8 + index * row;
    const length = (total / top) * (frame.width - label - 48);
    return `<text x="${label - 8}" y="${y + row / 2 + 4}" text-anchor="end">${escaped(metric.label)}</text>
      <rect x="${label}" y="${y + row * 0.15}" width="${Math.max(1, length)}" height="${row * 0.7}" fill="${total === 0 ? '#d5dbdb' : colorOf(metric, index)}"/>
      <text x="${label + length + 6}" y="${y + row / 2 + 4}">${rounded(total)}</text>`;
  });
  return svg(frame, bars.join(''));
}

function legend(metrics: readonly ShownMetric[], { width, height }: Frame): string {
  const columns = metrics.length > 4 ? 3 : 2;
  const step = (width - 20) / columns;
  return metrics
    .map((metric, index) => {
      const at = [10 + (index % columns) * step, height - 22 + Math.floor(index / columns) * 15] as const;
      return `<rect x="${at[0]}" y="${at[1] - 8}" width="9" height="9" fill="${colorOf(metric, index)}"/><text x="${at[0] + 14}" y="${at[1]}">${escaped(metric.label)}</text>`;
    })
    .join('');
}

const svg = ({ width, height }: Frame, content: string) =>
  `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`;
