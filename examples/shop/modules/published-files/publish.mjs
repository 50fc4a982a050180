// Writes $FILES into $DIRECTORY/releases/$RELEASE and switches $DIRECTORY/current to it by one rename. The former release
// stays for those who are reading it; older ones are removed.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const { DIRECTORY: directory, RELEASE: release, FILES: files } = process.env;
const releases = join(directory, 'releases');
const current = join(directory, 'current');
const next = join(directory, 'next');

const target = join(releases, release);
mkdirSync(target, { recursive: true });
for (const [name, content] of Object.entries(JSON.parse(files))) writeFileSync(join(target, name), content);

const former = lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink() ? basename(readlinkSync(current)) : release;
rmSync(next, { force: true });
symlinkSync(join('releases', release), next);
renameSync(next, current);

for (const name of readdirSync(releases)) {
  if (name !== release && name !== former) rmSync(join(releases, name), { recursive: true });
}
