/** Finds the folder of cdk.out that a container image is built from: the image's tag begins with the asset's hash. */
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * The asset folder of an image `…/repository:<hash>-<hash of its bases>-<architecture>`.
 * @throws Error when cdk.out has no such folder.
 */
export function assetOfImage(cdkOut: string, image: string): string {
  const tag = image.slice(image.lastIndexOf(':') + 1);
  const hash = tag.replace(/-[0-9a-f]{12}-(arm64|amd64)$/, '');
  const whole = resolve(cdkOut, `asset.${hash}`);
  if (existsSync(whole)) return whole;
  const [folder, ...others] = readdirSync(cdkOut).filter((name) => name.startsWith(`asset.${hash}`));
  if (folder !== undefined && others.length === 0 && hash.length >= 12) return resolve(cdkOut, folder);
  throw new Error(
    `finding the files of image ${image}: ${cdkOut} has no folder asset.${hash}; run "npx cdk synth" again`,
  );
}
