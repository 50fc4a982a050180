// Writes $FILES, and what is in the image $IMAGE, into $DIRECTORY/releases/$RELEASE and switches $DIRECTORY/current to it by one rename. The former release
// stays for those who are reading it; older ones are removed.
import { cpSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const { DIRECTORY: directory, RELEASE: release, FILES: files, IMAGE: image } = process.env;
const releases = join(directory, 'releases');
const current = join(directory, 'current');
const next = join(directory, 'next');

const target = join(releases, release);
mkdirSync(target, { recursive: true });
// A machine would pull the image; this one takes it from the twin's registry.
if (image) cpSync(join(process.env.BELAY_IMAGES, image.replace(/^.*@/, '')), target, { recursive: true });
for (const [name, content] of Object.entries(JSON.parse(files))) writeFileSync(join(target, name), content);

const former = lstatSync(current, { throwIfNoEntry: false })?.isSymbolicLink() ? basename(readlinkSync(current)) : release;
rmSync(next, { force: true });
symlinkSync(join('releases', release), next);
renameSync(next, current);

for (const name of readdirSync(releases)) {
  if (name !== release && name !== former) rmSync(join(releases, name), { recursive: true });
}
