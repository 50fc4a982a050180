/** Shows a release on a screen until the twin has nothing under way any more; used by `push`. */
import type { ReleaseView } from './release-view.ts';
import type { Screen } from './screen.ts';
import type { Twin } from './twin.ts';

/** How often a running clock is redrawn at most. Milliseconds. */
const REDRAW = 200;

/** Resolves when everything has settled and the last view has been shown. */
export async function watch(
  twin: Twin,
  {
    view,
    screen,
  }: { readonly view: () => Promise<ReleaseView | undefined>; readonly screen: Screen | undefined },
): Promise<void> {
  const settled = twin.settled();
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
    if (last !== undefined) screen.show(last, new Date());
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
