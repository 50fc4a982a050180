/** The machine the job runs on. */
import type { Architecture } from '../core/words.ts';

/** In Docker's spelling. */
export const hostArchitecture = (): Architecture => (process.arch === 'x64' ? 'amd64' : 'arm64');
