/** Git in memory, for tests that run `resolve` many times: one repository of one commit, given as paths and texts. Equal trees have equal ids. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import type { Git } from '../../lambdas/ports.ts';

const idOf = (text: string) => createHash('sha1').update(text).digest('hex');

export function gitMemory(files: Record<string, string>): Git {
  const texts = new Map(Object.values(files).map((text) => [idOf(text), text]));
  const directories = new Set<string>();
  for (const path of Object.keys(files)) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) directories.add(at);
  }
  const treeId = (directory: string) => {
    const under = Object.entries(files).filter(([path]) => path.startsWith(`${directory}/`));
    return idOf(JSON.stringify(directory === '.' ? files : under));
  };
  const lines = [
    ...[...directories].map((path) => ({ path, line: `040000 tree ${treeId(path)}\t${path}\0` })),
    ...Object.entries(files).map(([path, text]) => ({ path, line: `100644 blob ${idOf(text)}\t${path}\0` })),
  ];
  lines.sort((one, other) => (one.path < other.path ? -1 : 1));
  return {
    withCommit: (_repository, _commit, use) =>
      use({
        rootTree: treeId('.'),
        tree: async () => Buffer.from(lines.map(({ line }) => line).join('')),
        archive: async () => Buffer.from(JSON.stringify(files)),
        read: async (blobs) => new Map(blobs.map((id) => [id, texts.get(id) ?? ''])),
        grep: async () => [],
      }),
  };
}
