/** Once a week: are the pinned bases still the newest? If not, the image is built with the newest ones and people are told. */
import type { ImageOrder } from '../../core/contracts/image-build.ts';
import { pinnedBase } from '../../core/image-tag.ts';
import { ensureImage, type ImageBuildPorts } from './ensure-image.ts';

/** What people are told; goes on the default bus. */
export interface BasesMoved {
  readonly repository: string;
  /** Tag of the image with the newest bases, which nothing runs. */
  readonly tag: string;
  /** `<argument>: <pinned digest> → <newest digest>` for each base that has moved. */
  readonly moved: readonly string[];
  readonly next: string;
}

export interface CheckBasesPorts extends ImageBuildPorts {
  /** The digest a tag of public.ecr.aws points to now. */
  readonly newestDigest: (name: string, tag: string) => Promise<string>;
  readonly tell: (news: BasesMoved) => Promise<void>;
}

/** The repository's lifecycle keeps few of these and does not count them among the deployed ones: `lib/image.ts`. */
export const PATCHED = 'patched-';

const NEXT =
  'run "node scripts/run.mjs images refresh", commit lib/base-images.json and deploy: docs/images.md';

/**
 * @param token names this week's check, so that Lambda's second try starts no second build.
 * @throws Error when the newest bases do not build: their failure also reaches people by the rule on failed builds.
 */
export async function checkBases(order: ImageOrder, token: string, ports: CheckBasesPorts): Promise<void> {
  const bases: Record<string, string> = {};
  const moved: string[] = [];
  const digests: string[] = [];
  for (const [argument, image] of Object.entries(order.bases)) {
    const { name, tag, digest } = pinnedBase(image);
    const newest = await ports.newestDigest(name, tag);
    bases[argument] = image.replace(digest, newest);
    digests.push(newest.replace(/^sha256:/, '').slice(0, 12));
    if (newest !== digest) moved.push(`${argument}: ${digest} → ${newest}`);
  }
  if (moved.length === 0) return;
  const architecture = order.tag.replace(/^.*-/, '');
  const tag = `${PATCHED}${digests.join('-')}-${order.tag.slice(0, 12)}-${architecture}`;
  await ensureImage({ ...order, bases, tag }, token, ports);
  await ports.tell({ repository: order.repository, tag, moved, next: NEXT });
}
