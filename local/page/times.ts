/** Moments as people say them. Used by the views. */
import { type Html, html } from '../../core/html.ts';

const STEPS = [
  { unit: 'minute', seconds: 60, until: 60 },
  { unit: 'hour', seconds: 3600, until: 24 },
  { unit: 'day', seconds: 86_400, until: 30 },
] as const;

/** `3 minutes ago`, with the moment itself to be read by whoever points at it. `at` as GitHub writes it, in UTC. */
export function moment(at: string, now: number): Html {
  const shown = at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
  return html`<time datetime="${at}" title="${shown}">${ago(Date.parse(at), now)}</time>`;
}

function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 60) return 'just now';
  for (const { unit, seconds: size, until } of STEPS) {
    const count = Math.floor(seconds / size);
    if (count < until) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return `on ${new Date(at).toISOString().slice(0, 10)}`;
}
