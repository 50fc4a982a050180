/** Commit statuses as GitHub keeps them: every one ever set, the newest of a context counts. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
const newStatusSchema = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  context: z.string().min(1).max(255).default('default'),
  description: z.string().max(140).nullish(),
  target_url: z.url().nullish(),
});

/** What a request says of a status. */
export type NewStatus = z.input<typeof newStatusSchema>;

/** One status, as the REST API answers it. */
export interface Status {
  readonly id: number;
  readonly repository: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly target_url: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** GitHub's limit per commit and context. */
const MAX_PER_CONTEXT = 1000;

/** A refusal in GitHub's words. */
export interface Refusal {
  readonly message: string;
  readonly errors?: readonly object[];
}

/** All statuses of a state directory. */
export class Statuses {
  readonly #file: string;
  readonly #all: Status[];

  constructor(file: string) {
    this.#file = file;
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    this.#all = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Status);
  }

  /** Sets a status, or says why GitHub would not. */
  create(commit: { readonly repository: number; readonly sha: string }, input: NewStatus): Status | Refusal {
    const parsed = newStatusSchema.safeParse(input);
    if (!parsed.success) {
      const errors = parsed.error.issues.map(({ path, message }) => ({
        resource: 'Status',
        code: 'custom',
        field: path.join('.'),
        message: `${path.join('.')}: ${message}`,
      }));
      return { message: 'Validation Failed', errors };
    }
    const { state, context, description, target_url } = parsed.data;
    if (this.of(commit).filter((status) => status.context === context).length >= MAX_PER_CONTEXT) {
      return { message: 'This SHA and context has reached the maximum number of statuses.' };
    }
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const status: Status = {
      id: this.#all.length + 1,
      ...commit,
      state,
      context,
      description: description ?? null,
      target_url: target_url ?? null,
      created_at: now,
      updated_at: now,
    };
    appendFileSync(this.#file, `${JSON.stringify(status)}\n`);
    this.#all.push(status);
    return status;
  }

  /** Every status of a commit, newest first. */
  of({ repository, sha }: { readonly repository: number; readonly sha: string }): Status[] {
    return this.#all.filter((status) => status.repository === repository && status.sha === sha).toReversed();
  }

  /** The newest status of every context of a commit, in the order of their contexts. */
  newest({ repository, sha }: { readonly repository: number; readonly sha: string }): Status[] {
    const byContext = new Map<string, Status>();
    for (const status of this.#all) {
      if (status.repository === repository && status.sha === sha) byContext.set(status.context, status);
    }
    return [...byContext.values()].toSorted((one, other) => one.context.localeCompare(other.context));
  }
}

/** GitHub's state of the whole commit. https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference */
export function combinedState(newest: readonly Status[]): 'failure' | 'pending' | 'success' {
  if (newest.some(({ state }) => state === 'error' || state === 'failure')) return 'failure';
  return newest.length === 0 || newest.some(({ state }) => state === 'pending') ? 'pending' : 'success';
}
