/** GitHub as the functions' logic sees it; `adapters/github.ts` is behind it. The rest of the world is in `ports.ts`. */
import type { DeploymentOrder, DeploymentState } from '../core/audit/github-deployment.ts';
import type { CheckRun } from '../core/checks/check-run.ts';

/** How two commits of a repository lie to each other, seen from `base`. `unknown`: GitHub does not know `base` any more. */
export type Ancestry = 'identical' | 'ahead' | 'behind' | 'diverged' | 'unknown';

/** A commit status as GitHub takes it; `description` at most 140 characters. */
export interface CommitStatus {
  readonly context: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly description: string;
}

/** GitHub's REST API as far as we use it. `repository` is `owner/name`. */
export interface GitHub {
  compare(repository: string, base: string, head: string): Promise<Ancestry>;
  /** The branch's head commit, undefined when the branch is gone. */
  branchHead(repository: string, branch: string): Promise<string | undefined>;
  /** The whole message of a commit. */
  commitMessage(repository: string, commit: string): Promise<string>;
  /** False also when there is no such organisation or team, or the token may not see it. */
  isTeamMember(organisation: string, team: string, login: string): Promise<boolean>;
}

/** A pull request as far as commands need it. */
export interface PullRequest {
  readonly state: 'open' | 'closed';
  /** The newest commit of its branch. */
  readonly head: string;
  /** Name of the branch it is to be merged into. */
  readonly base: string;
  /** Its head is in another repository. */
  readonly fork: boolean;
  /** What came of merging it; undefined while it is not merged. */
  readonly merged: string | undefined;
}

/** What is asked of GitHub when somebody says something there. `repository` is `owner/name`. */
export interface GitHubPeople {
  /** `write` includes `maintain` and `admin`, `read` includes `triage`; whoever is not known may `none`. */
  permission(repository: string, login: string): Promise<'write' | 'read' | 'none'>;
  pullRequest(repository: string, number: number): Promise<PullRequest>;
  /** The whole id of the commit whose id begins so; undefined when there is none. */
  fullCommit(repository: string, start: string): Promise<string | undefined>;
}

/** What a merge begins with. */
export interface MergeBases {
  /** The best common ancestor of two commits; undefined without one. */
  mergeBase(repository: string, base: string, head: string): Promise<string | undefined>;
}

/** What people see on GitHub, for the one function that writes it. */
export interface GitHubWriter {
  /** `app`: checks can be written; `token`: only statuses. */
  mode(): Promise<'app' | 'token'>;
  createStatus(repository: string, commit: string, status: CommitStatus): Promise<void>;
  /** Answers the new run's id. */
  createCheckRun(repository: string, commit: string, check: CheckRun): Promise<number>;
  updateCheckRun(repository: string, id: number, check: CheckRun): Promise<void>;
}

/** How the comment on a pull request is written, by the one function that does it. */
export interface PullCommentWriter {
  /** Answers the new comment's id. */
  createComment(repository: string, pull: number, body: string): Promise<number>;
  updateComment(repository: string, comment: number, body: string): Promise<void>;
  /** A comment since a time that holds these words, with an App one of its own; undefined when there is none. */
  findComment(
    repository: string,
    pull: number,
    wanted: { readonly since: string; readonly words: string },
  ): Promise<number | undefined>;
}

/** How comments of people are answered, by the same function. */
export interface CommentWriter extends PullCommentWriter {
  /** Giving the same reaction again changes nothing. */
  react(repository: string, comment: number, reaction: 'eyes' | '+1' | '-1'): Promise<void>;
}

/** A commit of Git without who made it; `tree` and `parents` are ids. */
export interface GitCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
}

/** GitHub Deployments and a repository's Git objects, for the one function that writes the audit. `repository` is `owner/name`. */
export interface AuditWriter {
  /** Answers the new deployment's id. */
  createDeployment(repository: string, order: DeploymentOrder): Promise<number>;
  /** The newest deployment that was ordered like this; undefined when there is none. */
  findDeployment(repository: string, order: DeploymentOrder): Promise<number | undefined>;
  createDeploymentStatus(repository: string, deployment: number, status: DeploymentState): Promise<void>;
  /** The commit a ref (`belay/dev/history`) points at; undefined when there is no such ref. */
  readRef(repository: string, ref: string): Promise<string | undefined>;
  /** Undefined when there is no such commit. */
  readCommit(repository: string, commit: string): Promise<GitCommit | undefined>;
  /** Answers the new commit's id. */
  createCommit(repository: string, commit: GitCommit): Promise<string>;
  createRef(repository: string, ref: string, commit: string): Promise<void>;
  /** Without `force` it only goes to a descendant of where it is. */
  updateRef(
    repository: string,
    ref: string,
    to: { readonly commit: string; readonly force: boolean },
  ): Promise<void>;
}
