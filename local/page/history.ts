/** Commits of a bare repository as the page lists them. Used by the views. */
import { gitAnswer } from '../github/git.ts';

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly author: string;
  /** ISO 8601, in UTC. */
  readonly at: string;
  readonly title: string;
  /** The message after its first line. */
  readonly body: string;
}

const FIELDS = ['%H', '%P', '%an', '%ct', '%s', '%b'].join('%x1f');

/** Newest first; empty where git knows none of the names. */
export async function history(
  bare: string,
  { range, max, skip = 0 }: HistoryOrder,
): Promise<readonly Commit[]> {
  const limits = [`--max-count=${max}`, `--skip=${skip}`, `--format=${FIELDS}%x1e`];
  const output = (await gitAnswer(bare, 'log', ...limits, '--end-of-options', ...range)) ?? '';
  return output
    .split('\u001e')
    .map((record) => record.replace(/^\n/, ''))
    .filter((record) => record !== '')
    .map(commitOf);
}

interface HistoryOrder {
  /** Names that git understands, such as `refs/heads/main` or `^sha`. */
  readonly range: readonly string[];
  readonly max: number;
  readonly skip?: number;
}

function commitOf(record: string): Commit {
  const [sha = '', parents = '', author = '', seconds = '0', title = '', body = ''] = record.split('\u001f');
  return {
    sha,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author,
    at: new Date(Number(seconds) * 1000).toISOString(),
    title,
    body: body.trim(),
  };
}
