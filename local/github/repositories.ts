/** The repositories of the local GitHub: one bare repository per directory that was pushed, known by a numeric id. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../wire/files.ts';
import { git, gitAnswer } from './git.ts';

/** A repository. */
export interface LocalRepository {
  /** Like GitHub's: never given twice. */
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  /** The user's directory, with symbolic links resolved. */
  readonly directory: string;
  readonly defaultBranch: string;
}

/** Who owns every repository of the twin. */
const OWNER = 'local';
/** Real ids have nine digits and more; small ones would be mistaken for indexes. */
const FIRST_ID = 100_000_001;

/** What changed in a branch. */
export interface BranchUpdate {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/** What `before` is for a new branch. */
export const NO_COMMIT = '0'.repeat(40);

/** All repositories of a state directory. */
export class Repositories {
  readonly #folder: string;
  #all: readonly LocalRepository[];
  /** Ends when the last registration has. */
  #registered: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'repositories.json');
    this.#all = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LocalRepository[]) : [];
  }

  /** In the order they were first pushed. */
  all(): readonly LocalRepository[] {
    return this.#all;
  }

  /** The repository by `owner/name`, as in URLs: case does not matter. */
  byFullName(fullName: string): LocalRepository | undefined {
    return this.#all.find(({ owner, name }) => `${owner}/${name}`.toLowerCase() === fullName.toLowerCase());
  }

  /** Repositories of this name, whoever owns them. */
  byName(name: string): readonly LocalRepository[] {
    return this.#all.filter((repository) => repository.name.toLowerCase() === name.toLowerCase());
  }

  /** The repository that `directory` was pushed to; undefined before its first push. */
  async byDirectory(directory: string): Promise<LocalRepository | undefined> {
    const real = await realpath(directory);
    return this.#all.find((repository) => repository.directory === real);
  }

  byId(id: number): LocalRepository | undefined {
    return this.#all.find((repository) => repository.id === id);
  }

  /** Where the bare repository is. */
  bare({ owner, name }: LocalRepository): string {
    return join(this.#folder, owner, `${name}.git`);
  }

  /** The repository of a directory, made when it is new; `branch` becomes the default one where the directory names none. */
  register(directory: string, branch: string): Promise<LocalRepository> {
    // One after another: ids and names must not be given twice.
    const registering = this.#registered.then(() => this.#register(directory, branch));
    this.#registered = registering.catch(() => {});
    return registering;
  }

  async #register(directory: string, branch: string): Promise<LocalRepository> {
    const known = await this.byDirectory(directory);
    if (known !== undefined) return known;
    const real = await realpath(directory);
    const remoteHead = await gitAnswer(
      real,
      'symbolic-ref',
      '--quiet',
      '--short',
      'refs/remotes/origin/HEAD',
    );
    const repository: LocalRepository = {
      id: FIRST_ID + this.#all.length,
      owner: OWNER,
      name: this.#freeName(basename(real)),
      directory: real,
      defaultBranch: remoteHead?.replace(/^origin\//, '') ?? branch,
    };
    const bare = this.bare(repository);
    mkdirSync(bare, { recursive: true });
    await git(bare, 'init', '--quiet', '--bare', `--initial-branch=${repository.defaultBranch}`);
    // GitHub serves any commit it has by its id, and partial clones.
    await git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    await git(bare, 'config', 'uploadpack.allowFilter', 'true');
    this.#all = [...this.#all, repository];
    writeFileAtomic(join(this.#folder, 'repositories.json'), JSON.stringify(this.#all, null, 2));
    return repository;
  }

  #freeName(wanted: string): string {
    // GitHub's names have letters, digits, dots, dashes and underscores; anything else becomes a dash.
    const base = wanted.replace(/[^\w.-]/g, '-').replace(/\.git$/, '') || 'repository';
    for (let suffix = 1; ; suffix++) {
      const name = suffix === 1 ? base : `${base}-${suffix}`;
      if (this.byFullName(`${OWNER}/${name}`) === undefined) return name;
    }
  }

  /** Takes a commit of the user's directory as a branch or tag (a full ref), by force if need be, as people push. */
  async receive(repository: LocalRepository, ref: string, commit: string): Promise<BranchUpdate> {
    const bare = this.bare(repository);
    const before = (await gitAnswer(bare, 'rev-parse', '--verify', '--quiet', ref)) ?? NO_COMMIT;
    // Fetched rather than pushed: a push would run hooks of the user. Shallow clones are taken as they are.
    const options = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--update-shallow',
      '--no-auto-maintenance',
    ];
    if (before !== commit) {
      const place = await git(repository.directory, 'rev-parse', '--absolute-git-dir');
      await git(
        bare,
        '-c',
        'uploadpack.allowAnySHA1InWant=true',
        'fetch',
        ...options,
        place,
        `+${commit}:${ref}`,
      );
    }
    return { ref, before, after: commit };
  }

  /** Deletes a branch or tag (a full ref). Throws when there is none. */
  async remove(repository: LocalRepository, ref: string): Promise<BranchUpdate> {
    const bare = this.bare(repository);
    const before = await git(bare, 'rev-parse', '--verify', '--quiet', ref);
    await git(bare, 'update-ref', '-d', ref);
    return { ref, before, after: NO_COMMIT };
  }
}
