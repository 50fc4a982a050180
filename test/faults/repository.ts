/** The pushed repository of the fault harness and its GitHub: a linear history of small commits. Used by `world.ts`. */
import { createHash } from 'node:crypto';
import type { PushReceived } from '../../core/contracts/push.ts';
import type {
  CommentWriter,
  CommitStatus,
  GitHub,
  GitHubPeople,
  GitHubWriter,
} from '../../lambdas/github-ports.ts';
import type { Git } from '../../lambdas/ports.ts';
import { gitMemory } from '../support/git-memory.ts';
import { NOBODY_COMMENTS } from '../support/nobody-comments.ts';

export const REPOSITORY = { id: 7, fullName: 'acme/shop', defaultBranch: 'main' };

/** Component → its version in the commit: `a2`. */
export type Versions = Readonly<Record<string, string>>;

/** `a`, then `b` and `c`, then `d`: a diamond in `dev`; `prod` comes after it and has `a` and `b`. */
const MANIFEST = `version: 1
environments:
  dev:  { account: "111122223333", region: eu-west-1 }
  prod: { account: "444455556666", region: eu-west-1, after: dev }
defaults: { tool: opentofu }
components:
  a: { path: components/a }
  b: { path: components/b, needs: [a], inputs: { below: a.value }, test: { run: ./smoke.sh } }
  c: { path: components/c, needs: [a], environments: [dev] }
  d: { path: components/d, needs: [b, c], environments: [dev], test: { run: ./smoke.sh } }
`;

/** Every target there is, in the manifest's order. */
export const TARGETS = ['dev/a', 'dev/b', 'dev/c', 'dev/d', 'prod/a', 'prod/b'] as const;
export const ENVIRONMENTS = ['dev', 'prod'] as const;

/** Commits in the order of the history; each is known by its place in it, from 1. */
export class Repository {
  readonly #commits: Versions[];
  /** Everything that was posted, oldest first. */
  readonly posted: (CommitStatus & { readonly commit: string })[];

  /** Empty, or as another one is now. */
  constructor(other?: Repository) {
    this.#commits = [...(other === undefined ? [] : other.#commits)];
    this.posted = [...(other?.posted ?? [])];
  }

  /** Adds a commit and answers its id. */
  commit(versions: Versions): string {
    this.#commits.push(versions);
    return idOf(this.#commits.length);
  }

  versionsOf(commit: string): Versions {
    return this.#commits[placeOf(commit) - 1] ?? {};
  }

  get head(): string {
    return idOf(this.#commits.length);
  }

  /** The status that GitHub shows: the last one posted. */
  shown(commit: string, context: string): CommitStatus | undefined {
    return this.posted.findLast((one) => one.commit === commit && one.context === context);
  }

  push(commit: string): PushReceived {
    return {
      delivery: `delivery of ${commit.slice(-4)}`,
      repository: REPOSITORY,
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: commit,
      forced: false,
      skip: false,
      sender: 'octo',
    };
  }

  readonly git: Git = {
    withCommit: (repository, commit, use) =>
      gitMemory({
        'belay.yaml': MANIFEST,
        ...Object.fromEntries(
          Object.entries(this.versionsOf(commit)).map(([component, version]) => [
            `components/${component}/main.tf`,
            `# ${version}\n`,
          ]),
        ),
      }).withCommit(repository, commit, use),
  };

  readonly gitHub: GitHub & GitHubWriter & GitHubPeople & CommentWriter = {
    ...NOBODY_COMMENTS,
    mode: async () => 'token',
    compare: async (_, base, head) => {
      if (base === head) return 'identical';
      return placeOf(base) < placeOf(head) ? 'ahead' : 'behind';
    },
    branchHead: async () => this.head,
    commitMessage: async () => 'a change',
    createStatus: async (_, commit, status) => void this.posted.push({ ...status, commit }),
    createCheckRun: () => Promise.reject(new Error('a token writes no checks')),
    updateCheckRun: () => Promise.reject(new Error('a token writes no checks')),
    isTeamMember: async () => false,
  };
}

/** Commit 12 is `…000c0c`: hexadecimal, and told apart by its first digits as people do. */
const idOf = (place: number) =>
  `${place.toString(16).padStart(7, '0')}${createHash('sha1').update(String(place)).digest('hex').slice(7)}`;
const placeOf = (commit: string) => Number.parseInt(commit.slice(0, 7), 16);
