/** Shows a release on a screen until the twin has nothing under way any more; used by `push`. */
import { questionLines } from './questions.ts';
import type { ReleaseView } from './release-view.ts';
import type { Screen } from './screen.ts';
import type { Twin } from './twin.ts';

/** How often a running clock is redrawn at most. Milliseconds. */
const REDRAW = 200;

/** How a release is watched. */
export interface Watching {
  readonly screen: Screen | undefined;
  /** `--state-dir` as it was given, for commands that are suggested. @default empty */
  readonly stateOption?: string;
  /** `resting`: also when all that is left waits for a person. @default settled */
  readonly until?: 'settled' | 'resting';
}

/** Resolves when it has come to that and the last view has been shown. */
export async function watch(
  twin: Twin,
  {
    view,
    screen,
    stateOption = '',
    until = 'settled',
  }: Watching & { readonly view: () => Promise<ReleaseView | undefined> },
): Promise<void> {
  const settled = until === 'settled' ? twin.settled() : twin.resting();
  if (screen === undefined) return settled;
  let news = true;
  const stop = twin.onProgress(() => {
    news = true;
  });
  let last: ReleaseView | undefined;
  const show = async () => {
    if (news) {
      news = false;
      last = await view();
    }
    if (last !== undefined) screen.show(last, new Date(), questionLines(last, stateOption));
  };
  try {
    while (!(await Promise.race([settled.then(() => true), pause(REDRAW)]))) await show();
    news = true;
    await show();
  } finally {
    stop();
  }
}

const pause = (milliseconds: number) =>
  new Promise<false>((resolve) => {
    setTimeout(resolve, milliseconds, false);
  });
