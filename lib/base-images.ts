/** The bases of both images, pinned in `base-images.json`, which `node scripts/run.mjs images refresh` rewrites. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { pinnedBase } from '../core/image-tag.ts';

const schema = z.record(z.enum(['lambdas', 'executor-image']), z.record(z.string(), z.string()));

/** Folder of the Dockerfile → build argument → image by digest. */
export const BASE_IMAGES = schema.parse(
  JSON.parse(readFileSync(new URL('base-images.json', import.meta.url), 'utf8')),
);
for (const image of Object.values(BASE_IMAGES).flatMap(Object.values)) pinnedBase(image);
