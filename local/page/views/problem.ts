/** Pages that say why there is nothing to show, or why nothing was done. Called by `page.ts`. */
import { html } from '../../../core/html.ts';
import type { Content } from './view.ts';

export const nothingHere: Content = {
  status: 404,
  title: 'Not found',
  body: html`<h1>Not found</h1><p>There is nothing at this address. It may not have been pushed yet; <a href="/">all repositories</a> are on the first page.</p>`,
};

/** `message`: one sentence. */
export const notDone = (status: number, message: string, back: string): Content => ({
  status,
  title: 'Nothing was done',
  body: html`<h1>Nothing was done</h1><p class="flash" role="alert">${message}</p><p><a href="${back}">Back</a></p>`,
});
