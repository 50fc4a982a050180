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

/** Nothing that git keeps of a commit holds a zero, so nobody can write a commit that reads as two. */
const FIELDS = ['%H', '%P', '%an', '%ct', '%s', '%b'];

/** Newest first; empty where git knows none of the names. */
export async function history(
  bare: string,
  { range, max, skip = 0 }: HistoryOrder,
): Promise<readonly Commit[]> {
  const limits = [`--max-count=${max}`, `--skip=${skip}`, '-z', `--format=${FIELDS.join('%x00')}`];
  const output = (await gitAnswer(bare, 'log', ...limits, '--end-of-options', ...range)) ?? '';
  const values = output.split('\0');
  const count = Math.floor(values.length / FIELDS.length);
  return Array.from({ length: count }, (_, n) => commitOf(values.slice(n * FIELDS.length)));
}

interface HistoryOrder {
  /** Names that git understands, such as `refs/heads/main` or `^sha`. */
  readonly range: readonly string[];
  readonly max: number;
  readonly skip?: number;
}

function commitOf([
  sha = '',
  parents = '',
  author = '',
  seconds = '0',
  title = '',
  body = '',
]: readonly string[]): Commit {
  return {
    sha,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author,
    at: new Date(Number(seconds) * 1000).toISOString(),
    title,
    body: body.trim(),
  };
}
