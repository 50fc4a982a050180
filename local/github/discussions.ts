/** Pull requests, comments on them, and reactions to those, as the twin's GitHub keeps them. */
import { join } from 'node:path';
import { Records } from './records.ts';

export interface PullRequest {
  readonly id: number;
  readonly repository: number;
  readonly number: number;
  readonly title: string;
  readonly user: string;
  readonly state: 'open' | 'closed';
  readonly draft: boolean;
  /** Branches of the repository. */
  readonly head: string;
  readonly base: string;
  /** The commit that came of merging it. */
  readonly merged?: string;
}

export interface Comment {
  readonly id: number;
  readonly repository: number;
  /** Number of the pull request. */
  readonly issue: number;
  readonly user: string;
  readonly body: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Reaction {
  readonly id: number;
  readonly comment: number;
  readonly user: string;
  readonly content: string;
}

/** GitHub answers 422 to a longer comment. Characters. */
export const MAX_BODY = 65_536;

export class Discussions {
  readonly comments: Records<Comment>;
  readonly reactions: Records<Reaction>;
  readonly #pulls: Records<PullRequest>;

  constructor(folder: string) {
    this.#pulls = new Records(join(folder, 'pulls.jsonl'));
    this.comments = new Records(join(folder, 'comments.jsonl'));
    this.reactions = new Records(join(folder, 'reactions.jsonl'));
  }

  /** Opens a pull request from one branch of a repository to another. */
  open(pull: Pick<PullRequest, 'repository' | 'title' | 'user' | 'head' | 'base'>): PullRequest {
    const number = this.of(pull.repository).length + 1;
    return this.#pulls.add((id) => ({ id, number, state: 'open', draft: false, ...pull }));
  }

  /** It is to be merged into another branch. */
  retarget(pull: PullRequest, base: string): PullRequest {
    return this.#pulls.put({ ...pull, base });
  }

  /** Closes it: its base branch has the commit. */
  merge(pull: PullRequest, commit: string): PullRequest {
    return this.#pulls.put({ ...pull, state: 'closed', merged: commit });
  }

  /** Pull requests of a repository, oldest first. */
  of(repository: number): readonly PullRequest[] {
    return this.#pulls.all().filter((pull) => pull.repository === repository);
  }
}
