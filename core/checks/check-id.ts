/** The `external_id` of our check runs: what a run is about. Written by `desired.ts`, read when somebody presses a button. */
import { nameSchema } from '../commands/order.ts';

/** `place` is empty for the release itself, `dev`, or `dev/app`. */
export const checkId = ({ release, place }: { readonly release: string; readonly place: string }) =>
  place === '' ? release : `${release}/${place}`;

/** What a check run is about. */
export interface CheckSubject {
  readonly release: string;
  readonly environment?: string | undefined;
  readonly component?: string | undefined;
}

/** It comes back from outside: undefined where it is none that we write. */
export function readCheckId(id: string): CheckSubject | undefined {
  const [release = '', environment, component, ...more] = id.split('/');
  const names = [environment, component].filter((name) => name !== undefined);
  const isOurs = /^[0-9a-z-]{1,60}$/.test(release) && more.length === 0;
  if (!isOurs || !names.every((name) => nameSchema.safeParse(name).success)) return undefined;
  return { release, environment, component };
}
