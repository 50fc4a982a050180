/** Release ids, `<yyyymmdd>-<sha7>-<n>`: given by `resolve`, compared to find a commit's newest release. */

/** The `n`th id (from 1) for a commit on the UTC day of `startedAt`, an ISO 8601 time. */
export function releaseId(startedAt: string, commit: string, n: number): string {
  const day = new Date(startedAt).toISOString().slice(0, 10).replaceAll('-', '');
  return `${day}-${commit.slice(0, 7)}-${n}`;
}

/** Of two releases of the same commit: was `id` given after `other`? */
export function isNewerRelease(id: string, other: string): boolean {
  const [day, n] = order(id);
  const [otherDay, otherN] = order(other);
  return day === otherDay ? n > otherN : day > otherDay;
}

function order(id: string): [day: string, n: number] {
  const parts = id.split('-');
  return [parts[0] ?? '', Number(parts[2])];
}
