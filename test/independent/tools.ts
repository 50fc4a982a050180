/** Runs the tools that others have written, where they are installed. Used by `lint.ts` and `emulator.ts`. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program; undefined when PATH has none by that name. */
export function found(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** What one part of the check came to. */
export interface Part {
  readonly name: string;
  /** It was run at all. */
  readonly ran: boolean;
  /** What is wrong; empty when all is well. */
  readonly problems: readonly string[];
  /** What was looked at, and what could not be and why. */
  readonly notes: readonly string[];
}
