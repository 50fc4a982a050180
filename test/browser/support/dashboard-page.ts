/** A dashboard as a page, close to what CloudWatch makes of it. Used by `dashboard.ts`. */
import { marked } from 'marked';
import type { Board } from '../../../local/watch/board.ts';
import { barChart, escaped, lineChart } from './charts.ts';

type Widget = Board['widgets'][number];

export const PAGE_WIDTH = 1440;
/** Namespaces of which a twin has no numbers. */
const MEASURED_BY_AWS = ['AWS/SQS', 'AWS/ApiGateway'];

/** What a question to the logs takes here, where it is not answered. Rows. */
const QUESTION = 3;

const COLUMN = PAGE_WIDTH / 24;
const ROW = 42;

const STYLE = `
  body { margin: 0; background: #f2f3f3; font: 13px/1.4 "Amazon Ember", "Helvetica Neue", Roboto, Arial, sans-serif; color: #16191f; position: relative; }
  .widget { position: absolute; box-sizing: border-box; padding: 3px; }
  .card { background: #fff; border: 1px solid #d5dbdb; border-radius: 4px; height: 100%; box-sizing: border-box; padding: 8px 10px; overflow: hidden; }
  .card h3 { margin: 0 0 4px; font-size: 14px; }
  .text h1 { margin: 4px 0; font-size: 24px; } .text h2 { margin: 6px 0 0; font-size: 18px; } .text p { margin: 2px 0; }
  .text a { color: #0073bb; text-decoration: none; }
  svg text { font-size: 11px; fill: #545b64; } svg .grid { stroke: #eaeded; }
  .alarms { display: grid; grid-template-columns: repeat(5, 1fr); gap: 6px; }
  .alarms div { border-left: 5px solid #2ca02c; background: #f2f8f0; padding: 9px 6px; font-size: 12px; overflow-wrap: anywhere; }
  .alarms div.red { border-color: #d13212; background: #fdf0ed; font-weight: bold; }
  .numbers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px 4px; }
  .numbers b { display: block; font-size: 26px; line-height: 1.15; font-weight: 400; } .numbers span { color: #545b64; font-size: 12px; }
  pre { margin: 0; font-size: 11.5px; color: #545b64; white-space: pre-wrap; overflow-wrap: anywhere; } .none { color: #879596; padding: 40px 0; text-align: center; }
`;

/** `from` and `to`: what the charts show, in milliseconds since 1970. */
export function dashboardPage(board: Board, range: { readonly from: number; readonly to: number }): string {
  const places = placesOf(board);
  const bottom = Math.max(...places.map(({ y, height }) => y + height));
  const widgets = board.widgets.map((widget, index) => {
    const { x, y, width, height } = places[index] ?? widget.place;
    const at = `left:${x * COLUMN}px;top:${y * ROW}px;width:${width * COLUMN}px;height:${height * ROW}px`;
    return `<div class="widget" style="${at}">${content(widget, board, range)}</div>`;
  });
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><body style="width:${PAGE_WIDTH}px;height:${bottom * ROW + 8}px">${widgets.join('')}</body>`;
}

/** Questions to the logs, which come last, take as much room as they need. */
function placesOf({ widgets }: Board): Widget['place'][] {
  const first = widgets.find(({ kind }) => kind === 'log')?.place.y ?? 0;
  return widgets.map(({ kind, place }) => {
    const row = (place.y - first) / place.height;
    return kind === 'log' ? { ...place, y: first + row * QUESTION, height: QUESTION } : place;
  });
}

function content(
  widget: Widget,
  board: Board,
  range: { readonly from: number; readonly to: number },
): string {
  const { kind, title, markdown = '', query = '', metrics, place, view } = widget;
  if (kind === 'text') return `<div class="text">${marked.parse(markdown)}</div>`;
  const card = (inner: string) => `<div class="card"><h3>${escaped(title)}</h3>${inner}</div>`;
  if (kind === 'alarm') {
    const alarms = board.alarms.map(
      ({ name, isRed }) => `<div class="${isRed ? 'red' : ''}">${isRed ? '⚠ ' : '✓ '}${escaped(name)}</div>`,
    );
    return card(`<div class="alarms">${alarms.join('')}</div>`);
  }
  if (kind === 'log') {
    return card(`<pre>${escaped(query.replace(/^(SOURCE '[^']*' \| )+/, ''))}</pre>`);
  }
  if (view === 'singleValue') {
    const numbers = metrics.map(({ label, points }) => {
      const value = points.at(-1)?.value;
      return `<div><b>${value === undefined ? '–' : Math.round(value)}</b><span>${escaped(label)}</span></div>`;
    });
    return card(`<div class="numbers">${numbers.join('')}</div>`);
  }
  if (metrics.every(({ points }) => points.length === 0) && view !== 'bar') {
    const isAws = metrics.every(({ namespace }) => MEASURED_BY_AWS.includes(namespace));
    return card(`<div class="none">${isAws ? 'measured by AWS alone' : 'nothing told'}</div>`);
  }
  const frame = { width: place.width * COLUMN - 28, height: place.height * ROW - 50, ...range };
  return card(view === 'bar' ? barChart(metrics, frame) : lineChart(metrics, frame));
}
