/** Ports of a `git-status` whose announcements and metrics nobody listens to. */
import type { AnnouncePorts } from '../../lambdas/git-status/announce.ts';

export const NO_NEWS: Omit<AnnouncePorts, 'ledger'> = {
  bus: { publish: async () => {} },
  measure: () => {},
  githubUrl: 'https://github.com',
};
