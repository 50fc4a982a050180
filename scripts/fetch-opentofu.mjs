// fetch-opentofu.mjs FOLDER: downloads the pinned OpenTofu, verifies it, and leaves `tofu` in FOLDER; started by tool.mjs.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { releaseFor, verify } from './opentofu.mjs';
import { fileInZip } from './zip.mjs';

const [folder] = process.argv.slice(2);
try {
  const release = releaseFor(process.platform, process.arch);
  if (release === undefined)
    throw new Error(`no release is pinned for ${process.platform} on ${process.arch}`);
  const zip = await download(release.url);
  verify(zip, release);
  mkdirSync(folder, { recursive: true });
  // Renamed into place, so that a half-written program is never found.
  const partial = join(folder, `tofu.${process.pid}`);
  writeFileSync(partial, fileInZip(zip, 'tofu'), { mode: 0o755 });
  renameSync(partial, join(folder, 'tofu'));
} catch (error) {
  console.error(`belay: fetching OpenTofu: ${error.message}`);
  process.exitCode = 1;
}

async function download(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(300_000) });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`${url}: ${error.cause?.message ?? error.message}`);
  }
}
