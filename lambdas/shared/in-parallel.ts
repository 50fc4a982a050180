/** Does something for many items without flooding the ledger; used where a deployment touches all of its targets. */

const WIDTH = 16;

/** At most `WIDTH` at a time; the first failure is thrown after those under way have ended. */
export async function inParallel<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    while (waiting.length > 0 && failures.length === 0) {
      for (const item of waiting.splice(0, 1)) await work(item).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  if (failures.length > 0) throw failures[0];
}
