/** What can be wrong with a manifest, for people: a place in `belay.yaml` and a message. Made by `parse.ts`, posted by `resolve` and the command line. */

/** The manifest's file name, at the root of the user's repository. */
export const manifestFile = 'belay.yaml';

/** One thing to put right. `line` and `column` begin at 1; columns count UTF-16 code units, as editors do. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A place in the document: the way from its root, and whether the key or the value there is meant. */
export interface Place {
  readonly path: readonly (string | number)[];
  readonly at: 'key' | 'value';
}

/** A problem whose line and column are not looked up yet. */
export interface Finding extends Place {
  readonly message: string;
}

/** `belay.yaml:LINE:COLUMN message`, one line a problem. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ line, column, message }) => `${manifestFile}:${line}:${column} ${message}`)
    .join('\n');
}

/** `components.app.needs: ` before a message: where in the manifest, in words that survive a changed line number. */
export function placeWords(path: readonly (string | number)[]): string {
  const words = path.filter((step) => typeof step === 'string').join('.');
  return words === '' ? '' : `${words}: `;
}
