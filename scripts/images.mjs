// What `node scripts/run.mjs images` calls: builds both images from cdk.out with a container engine of this machine, to see that they
// build; `images refresh` pins the newest bases in lib/base-images.json. Deploying needs neither: CodeBuild builds there.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.BELAY_ROOT ?? join(import.meta.dirname, '..');
const pinned = join(root, 'lib', 'base-images.json');
const folders = JSON.parse(readFileSync(pinned, 'utf8'));
/** A file that only this image's source has. */
const marks = { lambdas: 'webhook.mjs', 'executor-image': 'main.mjs' };

async function main([subcommand, ...rest]) {
  if (rest.length > 0 || ![undefined, 'refresh'].includes(subcommand)) {
    console.error('usage: node scripts/run.mjs images [refresh]');
    return 2;
  }
  return subcommand === 'refresh' ? refresh() : build();
}

function build() {
  const { engine, problems } = findEngine();
  if (engine === undefined) {
    console.error(
      `belay: no image was built, because no container engine answers here (${problems.join('; ')}).`,
    );
    console.error(
      'Their bundles, files and Dockerfiles are checked by test/executor/image.test.ts without one.',
    );
    return 1;
  }
  const assembly = join(root, 'cdk.out');
  for (const [folder, bases] of Object.entries(folders)) {
    const source = readdirSync(assembly)
      .filter((name) => name.startsWith('asset.') && !name.includes('.', 6))
      .map((name) => join(assembly, name))
      .find((asset) => readdirSync(asset).includes(marks[folder]));
    if (source === undefined)
      throw new Error(
        `building the image of ${folder}: cdk.out has no source for it; run "npx cdk synth -q"`,
      );
    const args = Object.entries(bases).flatMap(([argument, image]) => [
      '--build-arg',
      `${argument}=${image}`,
    ]);
    const built = run(engine, ['build', '--tag', `belay-${folder}`, ...args, source], 'inherit');
    if (built.status !== 0)
      throw new Error(`building the image of ${folder} with ${engine}: it failed, see above`);
    console.log(`belay: built belay-${folder} with ${engine}`);
  }
  return 0;
}

/** The first engine that does not only lie on the PATH but answers. */
function findEngine() {
  const problems = [];
  for (const engine of ['docker', 'podman']) {
    const { error, status, stderr } = run(engine, ['info'], 'pipe');
    if (status === 0) return { engine, problems };
    problems.push(
      error ? `${engine} is not there` : `${engine}: ${lastLine(stderr) || `exit code ${status}`}`,
    );
  }
  return { problems };
}

const lastLine = (text) =>
  String(text ?? '')
    .trim()
    .split('\n')
    .at(-1) ?? '';

const run = (command, args, stdio) =>
  spawnSync(command, args, {
    stdio: ['ignore', stdio, stdio],
    encoding: 'utf8',
    timeout: stdio === 'pipe' ? 60_000 : undefined,
  });

async function refresh() {
  const { newestDigest } = await import('../lambdas/adapters/public-registry.ts');
  const { pinnedBase } = await import('../core/image-tag.ts');
  let moved = 0;
  for (const bases of Object.values(folders)) {
    for (const [argument, image] of Object.entries(bases)) {
      const { name, tag, digest } = pinnedBase(image);
      const newest = await newestDigest(name, tag, process.env.BELAY_PUBLIC_REGISTRY);
      if (newest === digest) continue;
      bases[argument] = image.replace(digest, newest);
      console.log(`belay: ${name}:${tag} ${digest} → ${newest}`);
      moved += 1;
    }
  }
  if (moved > 0) writeFileSync(pinned, `${JSON.stringify(folders, null, 2)}\n`);
  console.log(
    moved > 0 ? 'belay: commit lib/base-images.json and deploy' : 'belay: all bases are the newest',
  );
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(`belay: ${error.message}`);
    process.exitCode = 1;
  },
);
