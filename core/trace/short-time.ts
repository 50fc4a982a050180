/** Lengths of time for people, short and always with a unit. Used by the timeline and the command line. */

/** `0.3 s`, `12.0 s`, `4 min 05 s`, `2 h 10 min`. */
export function shortTime(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours === 0 ? `${minutes} min ${two(seconds % 60)} s` : `${hours} h ${two(minutes)} min`;
}
