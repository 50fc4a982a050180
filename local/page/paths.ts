/** Addresses of the page: those that github.com has for the same things. Used by the views and by `page.ts`. */
import type { LocalRepository } from '../github/repositories.ts';

/** Below a repository. */
export function pathOf({ owner, name }: Pick<LocalRepository, 'owner' | 'name'>, ...parts: string[]): string {
  return `/${[owner, name, ...parts].map(encodeURIComponent).join('/')}`;
}

/** The first seven digits of a commit. */
export const short = (sha: string): string => sha.slice(0, 7);
