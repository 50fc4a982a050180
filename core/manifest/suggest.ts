/** "Did you mean": finds the known word nearest to a mistyped one; used by the messages and the rules of the manifest. */

/** `; did you mean X?` for the nearest known word, or an empty string when none is near enough to be meant. */
export function didYouMean(word: string, known: Iterable<string>): string {
  // One slip in a short word, two in a middling one, three in a long one; more is another word.
  const tolerance = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let nearest: { word: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= tolerance && distance < (nearest?.distance ?? Infinity))
      nearest = { word: candidate, distance };
  }
  return nearest === undefined ? '' : `; did you mean \`${nearest.word}\`?`;
}

/** Letters added, left out, exchanged or swapped with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      const steps = [at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same];
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        steps.push(at(beforeLast, column - 2) + 1);
      }
      current.push(Math.min(...steps));
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

const at = (row: number[], column: number): number => row[column] ?? Infinity;
