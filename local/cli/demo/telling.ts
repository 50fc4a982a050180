/** How the demo speaks: headings, checks, quotations, and facts that it has looked up before it says them. Used by the story. */
import { type Output, type Screen, screenFor } from '../screen.ts';
import { table } from '../table.ts';
import type { CheckPage } from '../twin.ts';

/** Something did not come as the demo was about to tell it. */
export class StoryBroken extends Error {
  override readonly name = 'StoryBroken';
}

/** How wide a title of a check may be. */
const TITLE = 120;

export class Telling {
  readonly #output: Output;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #chapters = 0;

  constructor(output: Output, environment: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    this.#environment = environment;
  }

  say(...lines: readonly string[]): void {
    this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  strong(text: string): string {
    return this.#painted('1', text);
  }

  /** What a person does, then what Belay answers: a line or two each. */
  chapter(title: string, ...lines: readonly string[]): void {
    this.#chapters += 1;
    this.say('', this.strong(`${this.#chapters}. ${title}`), ...lines.map((line) => `   ${line}`), '');
  }

  /** The checks as the commit shows them. */
  checks(pages: readonly CheckPage[]): void {
    const rows = pages.map(({ name, state, title, buttons }) => [
      ' ',
      name,
      state,
      [
        title.length > TITLE ? `${title.slice(0, TITLE - 1)}…` : title,
        ...buttons.map((label) => `[${label}]`),
      ].join(' '),
    ]);
    this.say(...table(rows), '');
  }

  /** Words of Belay's own. */
  quote(where: string, lines: readonly string[]): void {
    this.say(`   ${where}:`, ...lines.map((line) => this.#painted('2', `   │ ${line}`.trimEnd())), '');
  }

  /** @throws StoryBroken when it is not so; `instead` says what was found. */
  fact(text: string, isSo: boolean, instead: string): void {
    if (!isSo) throw new StoryBroken(`expected: ${text}; found: ${instead}`);
    this.say(`   ${this.#painted('32', '✓')} ${text}`);
  }

  /** On a terminal a live view, to be cleared; elsewhere a line for each environment that has ended. */
  screen(): Screen {
    return this.#output.isTTY ? screenFor(this.#output, this.#environment) : this.#endings();
  }

  #endings(): Screen {
    const told = new Set<string>();
    return {
      show: ({ environments }) => {
        for (const { name, verdict, targets } of environments) {
          if (verdict === null || told.has(name)) continue;
          told.add(name);
          this.say(
            `   … ${name}: ${targets.some(({ outcome }) => outcome === 'planned') ? 'planned' : verdict}`,
          );
        }
      },
      clear() {},
    };
  }

  #painted(code: string, text: string): string {
    return this.#output.isTTY && !this.#environment.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
