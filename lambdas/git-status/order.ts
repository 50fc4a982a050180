/** In which order changes go to GitHub, when perhaps not all may: used by `show-statuses` and `show-checks`. */

/** What somebody waits for first, each kind in the order it is in: the release's own comes after its targets. */
export const endsFirst = <T extends { readonly kind: 'end' | 'progress' }>(changes: readonly T[]): T[] => [
  ...changes.filter(({ kind }) => kind === 'end'),
  ...changes.filter(({ kind }) => kind === 'progress'),
];
