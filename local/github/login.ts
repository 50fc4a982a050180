/** Whose login a commit stands for; used by `github.ts`. */
import { userInfo } from 'node:os';
import { gitAnswer } from './git.ts';

/** Whoever wrote a commit is taken for who pushed it: `Mira Blum` is `mira-blum`. */
export async function loginOf(directory: string, commit: string): Promise<string> {
  const author = (await gitAnswer(directory, 'log', '-1', '--format=%an', commit)) ?? '';
  const login = author
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return login === '' ? userInfo().username : login;
}
