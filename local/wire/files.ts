/** Whole-or-nothing file writes, used by every endpoint that keeps its data on disk. */
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file in one step: a reader, or the next start after a kill, sees the old text or the new, never half of it.
 * It is synchronous so that a check and the write that depends on it happen in one turn of the event loop.
 */
export function writeFileAtomic(path: string, content: string | Buffer, mode = 0o644): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}
