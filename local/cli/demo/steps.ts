/** The pushes the demo walks through: what is changed in the shop, and how it is to end; read by `demo.ts`. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseVerdict } from '../../../core/words.ts';

export interface Step {
  /** Commit message and title. */
  readonly title: string;
  readonly narration: string;
  /** Edits the working copy at this path. */
  readonly change: (shop: string) => void;
  readonly verdicts: readonly ReleaseVerdict[];
}

const migration = 'components/database/migrations/003-reviews.sql';

export const steps: readonly Step[] = [
  {
    title: 'The first push',
    narration: 'Nine components go to dev, each as soon as what it needs is there; then the same to prod.',
    change() {},
    verdicts: ['succeeded'],
  },
  {
    title: 'A new title for the shop',
    narration: 'One file of `web` has changed: only `web` is planned and applied.',
    change: (shop) =>
      writeFileSync(join(shop, 'components/web/site/title.txt'), 'The Belay Shop: ropes and more\n'),
    verdicts: ['succeeded'],
  },
  {
    title: 'A word in the README',
    narration: 'No component is made of this file: nothing is deployed.',
    change: (shop) => appendFileSync(join(shop, 'README.md'), '\nHave fun.\n'),
    verdicts: ['nothing-to-do', 'succeeded'],
  },
  {
    title: 'A migration with a mistake in it',
    narration:
      'Its apply fails in dev: the database goes back to its last good commit and is checked there. What needs it is skipped, prod is left alone.',
    change: (shop) =>
      writeFileSync(
        join(shop, migration),
        'CREATE TABLE review (product INTEGER REFERENCES product (id), words TEXT);\nINSERT INTO reviews VALUES (1, 2);\n',
      ),
    verdicts: ['failed'],
  },
  {
    title: 'The migration put right',
    narration: 'dev goes on from its last good commit, and prod follows. No data was lost on the way.',
    change: (shop) =>
      writeFileSync(
        join(shop, migration),
        "CREATE TABLE review (product INTEGER REFERENCES product (id), words TEXT);\nINSERT INTO review VALUES (1, 'Held.');\n",
      ),
    verdicts: ['succeeded'],
  },
];
