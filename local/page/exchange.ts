/** What goes between the page's server and the twin, which may be another process: plain JSON. */
import type { Change } from '../world/progress.ts';

/** An address that is visited, or a form that is sent to it. */
export interface PageRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  /** Who is signed in: a GitHub login. */
  readonly login: string;
}

/** A document, or where to go after a form. */
export type PageAnswer =
  | { readonly status: number; readonly document: string }
  | {
      readonly location: string;
      /** Who is signed in from now on. */
      readonly login?: string;
    };

/** The part of a twin that the page needs. */
export interface PageTwin {
  page(request: PageRequest): Promise<PageAnswer>;
  onProgress(listener: (changes: ReadonlySet<Change>) => void): () => void;
}
