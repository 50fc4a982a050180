/** The tag of an image of Belay's own: known at synth, and another one whenever anything that goes into the image is another. */
import { createHash } from 'node:crypto';
import type { Architecture } from './words.ts';

/** What an image is made of. */
export interface ImageIngredients {
  /** Hash of the folder that is built: bundles, Dockerfile and buildspec. */
  readonly source: string;
  /** Build argument → image by digest that a stage begins from. */
  readonly bases: Readonly<Record<string, string>>;
  readonly architecture: Architecture;
}

/** `<source>-<hash of the bases>-<architecture>`: at most 83 characters, of the 128 a tag may have. */
export function imageTag({ source, bases, architecture }: ImageIngredients): string {
  const lines = Object.entries(bases)
    .map(([argument, image]) => `${argument}=${image}\n`)
    .toSorted();
  const hash = createHash('sha256').update(lines.join('')).digest('hex').slice(0, 12);
  return `${source}-${hash}-${architecture}`;
}

/** A base as it is pinned: `public.ecr.aws/<name>:<tag>@sha256:<digest>`. */
const PINNED = /^public\.ecr\.aws\/([a-z0-9/._-]+):([\w.-]+)@(sha256:[0-9a-f]{64})$/;

/**
 * The parts of a pinned base.
 * @throws Error for one that is not pinned, or lies in a registry nobody here asks.
 */
export function pinnedBase(image: string): { name: string; tag: string; digest: string } {
  const [, name, tag, digest] = PINNED.exec(image) ?? [];
  if (name !== undefined && tag !== undefined && digest !== undefined) return { name, tag, digest };
  throw new Error(
    `reading the base image ${image}: it must be public.ecr.aws/<name>:<tag>@sha256:<digest>; see docs/images.md`,
  );
}
