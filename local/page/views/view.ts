/** What every view is given, and what it makes. Used by `page.ts` and all views. */
import type { Html } from '../../../core/html.ts';
import type { GitHub } from '../../github/github.ts';
import type { LocalRepository } from '../../github/repositories.ts';

/** A visit. */
export interface Visit {
  readonly github: GitHub;
  /** Who is signed in. */
  readonly login: string;
  /** Milliseconds. */
  readonly now: number;
  /** Path and query, to come back to. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** A visit to something in a repository. */
export interface RepositoryVisit extends Visit {
  readonly repository: LocalRepository;
  /** Its bare repository. */
  readonly bare: string;
}

/** A page before the frame is put around it. */
export interface Content {
  /** HTTP status. */
  readonly status: number;
  readonly title: string;
  /** Where in a repository it is. */
  readonly place?: { readonly repository: LocalRepository; readonly tab: 'commits' | 'pulls' };
  readonly body: Html;
}
