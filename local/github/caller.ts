/** Who calls the twin's GitHub, by the token they show: the owner of a fine-grained token, the App, or an installation of it. */
import { type App, covers, type InstallationToken } from './app.ts';

export type Caller =
  | { readonly kind: 'token' }
  | { readonly kind: 'app' }
  | { readonly kind: 'installation'; readonly token: InstallationToken };

/** Undefined, or why GitHub does not know them. `token` is what a fine-grained token must be, undefined in App mode. */
export function callerOf(
  authorization: string | undefined,
  { app, token }: { readonly app: App; readonly token: string },
): Caller | string {
  const shown = shownIn(authorization);
  // In App mode the secret is no token, and its text opens nothing.
  if (shown !== '' && shown === token && !token.startsWith('{')) return { kind: 'token' };
  const issued = app.lookUp(shown);
  if (issued !== undefined) return { kind: 'installation', token: issued };
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(shown) || !shown.startsWith('ey')) return 'Bad credentials';
  return app.jwtProblem(shown) ?? { kind: 'app' };
}

/** `Bearer`, `token`, or Basic with the token as password, as GitHub takes them. */
function shownIn(authorization: string | undefined): string {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ');
  return scheme.toLowerCase() === 'basic'
    ? Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
    : value;
}

/** Whether somebody may see (read `permission` of) a repository at all; GitHub answers 404 where they may not. */
export function seesRepository(
  caller: Caller,
  app: App,
  { owner, name }: { readonly owner: string; readonly name: string },
  permission = 'metadata',
): boolean {
  if (caller.kind !== 'installation') return true;
  const { repositories, permissions } = caller.token;
  const isAmong = repositories === undefined || repositories.includes(name);
  return isAmong && app.installedOn(`${owner}/${name}`) && covers(permissions, permission, 'read');
}
