/** Shows a release while it runs: redrawn in place on a terminal, line by line elsewhere; used by `push` and the demo. */
import { changeLines } from './change-lines.ts';
import { drawRelease, type Line } from './live-view.ts';
import type { ReleaseView } from './release-view.ts';
import type { Tone } from './words-for-people.ts';

/** What a screen needs of `process.stdout` or `process.stderr`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Somewhere to show views of one release, each in the place of the one before. */
export interface Screen {
  /** `questions`: lines under the view. */
  show(view: ReleaseView, now: Date, questions?: readonly string[]): void;
  /** Takes the view away again, where that is possible. */
  clear(): void;
}

/** The screen that suits the output. Colours only on a terminal, and not when `NO_COLOR` is set (https://no-color.org). */
export function screenFor(output: Output, environment: Readonly<Record<string, string | undefined>>): Screen {
  return output.isTTY ? terminal(output, !environment.NO_COLOR) : plainText(output);
}

function plainText(output: Output): Screen {
  let last: ReleaseView | undefined;
  const asked = questionsOnly(output);
  return {
    show(view, now, questions) {
      for (const line of changeLines(last, view, now)) output.write(`${line}\n`);
      last = view;
      asked.show(view, now, questions);
    },
    clear() {},
  };
}

/** Shows nothing but questions, each once: whoever waits for an answer must say so. */
export function questionsOnly(output: Output): Screen {
  let shown: readonly string[] = [];
  return {
    show(_view, _now, questions = []) {
      for (const line of questions) if (!shown.includes(line)) output.write(`${line}\n`);
      shown = questions;
    },
    clear() {},
  };
}

function terminal(output: Output, colours: boolean): Screen {
  let drawn = 0;
  const erasing = () => (drawn > 0 ? `\x1b[${drawn}F\x1b[0J` : '');
  return {
    show(view, now, questions = []) {
      const room = Math.max((output.rows ?? 24) - 1, 1);
      const asked = questions.slice(0, room - 1).map((text): Line => [{ text, tone: 'plain' }]);
      // What has scrolled off the top cannot be redrawn.
      const lines = [...drawRelease(view, now, room - asked.length), ...asked].slice(0, room);
      output.write(
        erasing() + lines.map((line) => `${paint(line, output.columns ?? 80, colours)}\n`).join(''),
      );
      drawn = lines.length;
    },
    clear() {
      output.write(erasing());
      drawn = 0;
    },
  };
}

const codes: Readonly<Record<Tone, string>> = {
  good: '\x1b[32m',
  bad: '\x1b[31m',
  busy: '\x1b[36m',
  quiet: '\x1b[2m',
  strong: '\x1b[1m',
  plain: '',
};

/** The line cut to the terminal's width, so that a redraw never meets a wrapped line. */
export function paint(line: Line, columns: number, colours: boolean): string {
  let room = columns - 1;
  return line
    .map(({ text, tone }) => {
      const shown = text.slice(0, Math.max(room, 0));
      room -= text.length;
      return colours && codes[tone] !== '' && shown !== '' ? `${codes[tone]}${shown}\x1b[0m` : shown;
    })
    .join('')
    .trimEnd();
}
