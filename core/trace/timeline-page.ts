/** A release's timeline as one page that needs nothing else: no script, no font, no network. Written by `git-status`. */
import { type Html, html } from '../html.ts';
import type { CriticalStep } from './critical-path.ts';
import { shortTime } from './short-time.ts';
import type { Timeline, TimelineRow, TimeSpan } from './timeline.ts';
import { TIMELINE_STYLE } from './timeline-style.ts';

export function timelinePage(timeline: Timeline): string {
  const { release, verdict, trace, path, from, to, rows } = timeline;
  const [wait, work] = [sum(path, 'wait'), sum(path, 'work')];
  const critical = new Set(path.map(({ row }) => row));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Timeline of ${release}</title>
<style>${{ markup: TIMELINE_STYLE }}</style>
</head>
<body>
<main>
<h1>${release} <span class="verdict">${verdict}</span></h1>
<p class="lead"><strong>${shortTime(to - from)}</strong> on the critical path: <span class="key work"></span> ${shortTime(work)} work, <span class="key wait"></span> ${shortTime(wait)} waiting</p>
<p class="facts">began ${new Date(from).toISOString()}${trace === undefined ? '' : ` · trace ${trace}`}</p>
<section aria-labelledby="when">
<h2 id="when">What happened when</h2>
<div class="chart">
${scale(to - from)}
${rows.map((row) => bars(row, timeline, critical.has(row.name)))}
</div>
<p class="legend"><span class="key work"></span> work <span class="key work own"></span> of it Belay’s own steps <span class="key wait"></span> waiting <span class="key path"></span> on the critical path</p>
</section>
<section aria-labelledby="path">
<h2 id="path">Critical path</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="path">
<table>
<thead><tr><th scope="col">step</th><th scope="col">took</th><th scope="col">work</th><th scope="col">waiting</th><th scope="col">in parts</th></tr></thead>
<tbody>${path.map(line)}</tbody>
<tfoot><tr><th scope="row">together</th><td>${shortTime(wait + work)}</td><td>${shortTime(work)}</td><td>${shortTime(wait)}</td><td></td></tr></tfoot>
</table>
</div>
</section>
</main>
</body>
</html>
`;
  return page.markup;
}

const sum = (path: readonly CriticalStep[], kind: 'wait' | 'work') =>
  path.reduce((total, step) => total + step[kind], 0);

/** Five marks of even length. */
function scale(length: number): Html {
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (part) => html`<span style="left:${percent(part)}">${shortTime(length * part)}</span>`,
  );
  return html`<div class="row scale" aria-hidden="true"><div></div><div class="track">${marks}</div></div>`;
}

function bars(row: TimelineRow, { from, to }: Timeline, isCritical: boolean): Html {
  const length = Math.max(to - from, 1);
  const drawn = row.spans.map((span) => bar(span, { from, length }));
  const told = row.spans.map(({ name, kind, ...at }) => `${name} ${shortTime(at.to - at.from)} (${kind})`);
  return html`<div class="row${isCritical ? ' critical' : ''}"><div class="name">${row.name}<span class="end"> ${row.end}</span></div><div class="track" role="img" aria-label="${row.name}: ${told.join(', ')}">${drawn}</div></div>
`;
}

function bar({ name, kind, from, to }: TimeSpan, all: { from: number; length: number }): Html {
  const left = percent((from - all.from) / all.length);
  const width = percent((to - from) / all.length);
  const shade = name === 'belay' ? `${kind} own` : kind;
  return html`<span class="bar ${shade}" style="left:${left};width:${width}" title="${name} ${shortTime(to - from)}"></span>`;
}

const percent = (part: number) => `${(Math.min(Math.max(part, 0), 1) * 100).toFixed(3)}%`;

/** What is too short to matter is left out. */
const shownParts = ({ parts, wait, work }: CriticalStep) =>
  parts.filter(({ ms }) => ms >= (wait + work) / 50).map(({ name, ms }) => `${name} ${shortTime(ms)}`);

const line = (step: CriticalStep): Html => {
  const { row, wait, work } = step;
  return html`<tr><th scope="row">${row}</th><td>${shortTime(wait + work)}</td><td>${shortTime(work)}</td><td>${shortTime(wait)}</td><td>${shownParts(step).join(', ')}</td></tr>
`;
};
