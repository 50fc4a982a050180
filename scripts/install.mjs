// Installs the dependencies when they are missing or are not those of the lock file; called by run.mjs.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

/** Runs `npm ci` in `root` unless `node_modules` holds what `package-lock.json` asks for. */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return;
  process.stderr.write('belay: installing the dependencies (npm ci) …\n');
  const { status, error } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    // `npm ci` removes node_modules/.bin first: install scripts must find the Node that is here to stay.
    env: { ...process.env, PATH: withoutLocalBinaries(process.env.PATH ?? '') },
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (error) throw new Error(`installing the dependencies: npm could not be started (${error.message})`);
  if (status !== 0) {
    throw new Error('installing the dependencies: npm ci failed, see above; it needs the npm registry once');
  }
}

/** Compares the lock with npm's record of what it installed (written last, so a broken installation has none). */
export function isInstalled(root) {
  const record = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const wanted = packagesOf(join(root, 'package-lock.json')) ?? {};
  const names = new Set([...Object.keys(record), ...Object.keys(wanted)]);
  names.delete(''); // The project itself.
  return [...names].every((name) => {
    // Optional packages for other platforms are in the lock only.
    if (record[name] === undefined) return wanted[name].optional === true;
    return record[name].version === wanted[name]?.version;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function withoutLocalBinaries(path) {
  return path
    .split(delimiter)
    .filter((folder) => !folder.includes(`node_modules${sep}`))
    .join(delimiter);
}
