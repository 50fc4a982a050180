/** Check runs as GitHub keeps them, with its limits. https://docs.github.com/en/rest/checks/runs */
import { join } from 'node:path';
import { type RestAnswer, unprocessable } from './answers.ts';
import { Records } from './records.ts';

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
}

interface Output {
  readonly title?: string;
  readonly summary: string;
  readonly text?: string;
}

/** A button. */
export interface Action {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

/** What a request may say of a run. */
export interface CheckRunInput {
  readonly name?: string;
  readonly external_id?: string;
  readonly status?: 'queued' | 'in_progress' | 'completed';
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output?: Output & { readonly annotations?: readonly Annotation[] };
  readonly actions?: readonly Action[];
}

export interface CheckRun {
  readonly id: number;
  readonly repository: number;
  readonly head_sha: string;
  readonly suite: number;
  readonly name: string;
  readonly external_id: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly output: Output | null;
  readonly annotations: readonly Annotation[];
  readonly actions: readonly Action[];
}

/** All runs of one App for a commit. */
interface CheckSuite {
  readonly id: number;
  readonly repository: number;
  readonly head_sha: string;
}

/** The oldest runs of a name in a suite are deleted beyond this. */
const MAX_PER_NAME = 1000;
const MAX_TITLE = 255;
const MAX_MESSAGE_BYTES = 64 * 1024;

/** All check runs of a state directory. */
export class Checks {
  readonly #runs: Records<CheckRun>;
  readonly #suites: Records<CheckSuite>;
  readonly #now: () => number;

  constructor(folder: string, now: () => number) {
    this.#runs = new Records(join(folder, 'check-runs.jsonl'));
    this.#suites = new Records(join(folder, 'check-suites.jsonl'));
    this.#now = now;
  }

  byId(repository: number, id: number): CheckRun | undefined {
    const run = this.#runs.byId(id);
    return run?.repository === repository ? run : undefined;
  }

  suite(repository: number, id: number): CheckSuite | undefined {
    const suite = this.#suites.byId(id);
    return suite?.repository === repository ? suite : undefined;
  }

  suites(commit: { readonly repository: number; readonly sha: string }): readonly CheckSuite[] {
    return this.#suites
      .all()
      .filter(({ repository, head_sha }) => repository === commit.repository && head_sha === commit.sha);
  }

  /** Runs of a commit, newest first; `latest` of each name, or all there ever were. */
  of(
    commit: { readonly repository: number; readonly sha: string },
    filter: 'latest' | 'all' = 'latest',
  ): readonly CheckRun[] {
    const runs = this.#runs
      .all()
      .filter(({ repository, head_sha }) => repository === commit.repository && head_sha === commit.sha)
      .toReversed();
    const counts = new Map<string, number>();
    return runs.filter(({ name }) => {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count <= (filter === 'latest' ? 1 : MAX_PER_NAME);
    });
  }

  create(
    commit: { readonly repository: number; readonly sha: string },
    input: CheckRunInput,
  ): CheckRun | RestAnswer {
    const problem = problemOf(input);
    if (problem !== undefined) return problem;
    const { repository, sha: head_sha } = commit;
    const suite = this.suites(commit)[0] ?? this.#suites.add((id) => ({ id, repository, head_sha }));
    const blank: Omit<CheckRun, 'id'> = {
      repository,
      head_sha,
      suite: suite.id,
      name: '',
      external_id: '',
      status: 'queued',
      conclusion: null,
      started_at: this.#at(),
      completed_at: null,
      output: null,
      annotations: [],
      actions: [],
    };
    return this.#runs.add((id) => this.#changed({ id, ...blank }, input));
  }

  update(run: CheckRun, input: CheckRunInput): CheckRun | RestAnswer {
    // Not documented to be possible, so it is not: docs/unconfirmed.md.
    if (run.conclusion !== null && input.status !== undefined && input.status !== 'completed')
      return unprocessable('A completed check run cannot be reopened: create a new one of this name.');
    return problemOf(input) ?? this.#runs.put(this.#changed(run, input));
  }

  #changed(run: CheckRun, input: CheckRunInput): CheckRun {
    const { output, ...rest } = input;
    const { annotations = [], ...texts } = output ?? {};
    const conclusion = input.conclusion ?? run.conclusion;
    return {
      ...run,
      ...rest,
      conclusion,
      // A conclusion completes the run, whatever its status is said to be.
      status: conclusion === null ? (input.status ?? run.status) : 'completed',
      completed_at: conclusion === null ? null : (input.completed_at ?? run.completed_at ?? this.#at()),
      output: output === undefined ? run.output : (texts as Output),
      // Annotations of every request are added to those that are there.
      annotations: [...run.annotations, ...annotations],
    };
  }

  #at(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

/** What the description says only in words. */
function problemOf({ output, status, conclusion }: CheckRunInput): RestAnswer | undefined {
  if (status === 'completed' && conclusion === undefined) return invalid('conclusion', 'is required');
  for (const [index, { path, title = '', message, start_line, end_line }] of (
    output?.annotations ?? []
  ).entries()) {
    const at = `annotations/${index}`;
    if (title.length > MAX_TITLE) return invalid(`${at}/title`, `is longer than ${MAX_TITLE} characters`);
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES)
      return invalid(`${at}/message`, 'is larger than 64 KB');
    if (path === '' || path.startsWith('/')) return invalid(`${at}/path`, 'is not a path in the repository');
    if (start_line < 1 || end_line < start_line) return invalid(`${at}/end_line`, 'is not a line');
  }
  return undefined;
}

const invalid = (field: string, message: string) =>
  unprocessable('Validation Failed', [{ resource: 'CheckRun', code: 'custom', field, message }]);
