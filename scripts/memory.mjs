// A folder in memory for the files that tests make by the ten thousand, where the machine has one; called by run.mjs.
import { readFileSync, statfsSync } from 'node:fs';

const mounts = '/proc/self/mounts';
const folder = '/dev/shm';
const NEEDED_BYTES = 2 * 1024 ** 3;

/** `/dev/shm` where it is large enough and programs in it may be run (containers often have neither), else undefined. */
export function memoryFolder() {
  try {
    const mount = readFileSync(mounts, 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, path, kind]) => path === folder && kind === 'tmpfs');
    const options = mount?.[3]?.split(',') ?? [];
    if (!options.includes('rw') || options.includes('noexec')) return undefined;
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= NEEDED_BYTES ? folder : undefined;
  } catch {
    return undefined;
  }
}
