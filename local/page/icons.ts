/** Small drawings in the colour of the text around them; what they mean stands beside them or in their label. Used by the views. */
import { type Html, html } from '../../core/html.ts';

/** On a field of 16 by 16. */
const DRAWINGS = {
  success: '<path d="M3.5 8.5l3 3 6-7"/>',
  failure: '<path d="M4 4l8 8M12 4l-8 8"/>',
  attention: '<circle cx="8" cy="8" r="6.3"/><path d="M8 4.7v4M8 11.2v.1"/>',
  progress: '<circle cx="8" cy="8" r="4" fill="currentColor"/>',
  queued: '<circle cx="8" cy="8" r="4"/>',
  neutral: '<path d="M4.5 8h7"/>',
  skipped: '<path d="M4 12l8-8"/>',
  cancelled: '<circle cx="8" cy="8" r="5.5"/><path d="M4.4 11.6l7.2-7.2"/>',
  commit: '<circle cx="8" cy="8" r="3"/><path d="M.8 8H5M11 8h4.2"/>',
  pull: '<circle cx="4" cy="3.5" r="1.8"/><circle cx="4" cy="12.5" r="1.8"/><circle cx="12" cy="12.5" r="1.8"/><path d="M4 5.3v5.4M12 10.7V6.5a2 2 0 0 0-2-2H8"/>',
  merged:
    '<circle cx="4" cy="3.5" r="1.8"/><circle cx="4" cy="12.5" r="1.8"/><circle cx="12" cy="8" r="1.8"/><path d="M4 5.3v5.4M4.3 5.3C5 7 7 8 10.2 8"/>',
  repository: '<path d="M3.5 13V2.5h9v11H5a1.5 1.5 0 0 1 0-3h7.5"/>',
} as const;

export type IconName = keyof typeof DRAWINGS;

/** Without a label it only adorns what is said beside it. */
export function icon(name: IconName, label?: string): Html {
  const said = label === undefined ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
  return html`<svg class="icon ${name}" viewBox="0 0 16 16" ${said}>${{ markup: DRAWINGS[name] }}</svg>`;
}
