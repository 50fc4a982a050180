/** The image registry of the twin: an image is a folder of files, known by a digest over them. Used by `service.ts` and by builds. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../wire/errors.ts';
import { writeFileAtomic } from '../wire/files.ts';

/** As `repositories.json` keeps it: name → tag → digest. */
type Repositories = Record<string, Record<string, string>>;

export class Images {
  /** Each image's files lie in a folder named by its digest. */
  readonly folder: string;
  readonly #file: string;
  readonly #repositories: Repositories;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#file = join(folder, 'repositories.json');
    this.#repositories = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : {};
  }

  /** Throws RepositoryAlreadyExistsException. */
  createRepository(name: string): void {
    if (Object.hasOwn(this.#repositories, name)) {
      const message = `The repository with name '${name}' already exists in the registry`;
      throw new AwsError('RepositoryAlreadyExistsException', message);
    }
    this.#repositories[name] = {};
    this.#save();
  }

  /** The digest a tag names. Throws RepositoryNotFoundException and ImageNotFoundException. */
  digestOf(repository: string, tag: string): string {
    const digest = this.#tags(repository)[tag];
    if (digest !== undefined) return digest;
    const message = `The image with imageId {imageTag:'${tag}'} does not exist within the repository with name '${repository}'`;
    throw new AwsError('ImageNotFoundException', message);
  }

  /**
   * Takes over a folder of files as the image of a tag, and answers its digest. Tags are immutable, as `build` makes repositories.
   * Throws RepositoryNotFoundException, and ImageTagAlreadyExistsException when the tag names other files.
   */
  push(repository: string, tag: string, files: string): string {
    const tags = this.#tags(repository);
    const digest = `sha256:${digestOfFiles(files)}`;
    if (tags[tag] !== undefined && tags[tag] !== digest) {
      const message = `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`;
      throw new AwsError('ImageTagAlreadyExistsException', message);
    }
    const place = join(this.folder, digest);
    if (existsSync(place)) rmSync(files, { recursive: true });
    else renameSync(files, place);
    tags[tag] = digest;
    this.#save();
    return digest;
  }

  #tags(repository: string): Record<string, string> {
    const tags = Object.hasOwn(this.#repositories, repository) ? this.#repositories[repository] : undefined;
    if (tags !== undefined) return tags;
    const message = `The repository with name '${repository}' does not exist in the registry`;
    throw new AwsError('RepositoryNotFoundException', message);
  }

  #save(): void {
    writeFileAtomic(this.#file, JSON.stringify(this.#repositories, null, 2));
  }
}

/** Over names, kinds, whether they may be run, and contents; times and owners are no part of an image here. */
function digestOfFiles(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    const entries = readdirSync(join(folder, path), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(path, entry.name);
      const place = join(folder, inner);
      if (entry.isDirectory()) {
        hash.update(`directory ${inner}\0`);
        visit(inner);
      } else if (entry.isSymbolicLink()) hash.update(`link ${inner}\0${readlinkSync(place)}\0`);
      else {
        const kind = (statSync(place).mode & 0o111) === 0 ? 'file' : 'program';
        const content = readFileSync(place);
        hash.update(`${kind} ${inner}\0${content.length}\0`).update(content);
      }
    }
  };
  visit('');
  return hash.digest('hex');
}
