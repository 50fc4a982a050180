/** The branch rule that docs/merge-queue.md tells people to make, for tests that try it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As `gh api` sends it, for the App of this number. */
export function documentedRule(app: number): string {
  const text = readFileSync(join(import.meta.dirname, '../../docs/merge-queue.md'), 'utf8');
  const [, rule] = /```json\n([\s\S]+?)```/.exec(text) ?? [];
  if (rule === undefined) throw new Error('docs/merge-queue.md has no branch rule');
  return rule.replace('APP_ID', String(app));
}
