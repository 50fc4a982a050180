// What the local twin runs in place of a container engine: the files of the image go to $BELAY_IMAGE. As a compiler would, it refuses
// what is no program.
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

const { BELAY_IMAGE: image } = process.env;
execFileSync(process.execPath, ['--check', 'handler.mjs'], { stdio: 'inherit' });
copyFileSync('handler.mjs', join(image, 'handler.mjs'));
console.log('built the API');
