/** Finds the references of every target's code in a fetched commit, reading only the directories that matter. A step of `resolve`. */
import { findReferences, type SourceFile } from '../../core/content/references.ts';
import type { SourceTree, TreeEntry } from '../../core/content/tree.ts';
import type { ResolvedTarget } from '../../core/manifest/resolved.ts';
import type { FetchedCommit } from '../ports.ts';

const LINK = '120000';
const EXECUTABLE = '100755';

/** Target → the repository paths outside its directory that its code refers to. */
export async function referencesOf(
  targets: readonly ResolvedTarget[],
  tree: SourceTree,
  fetched: FetchedCommit,
): Promise<ReadonlyMap<ResolvedTarget, string[]>> {
  const files = codeByDirectory(tree);
  const texts = new Map<string, string>();
  // A search says by what it asks for which texts it needs next; it is repeated until nothing new was asked for.
  for (;;) {
    const missing = new Set<string>();
    const filesIn = (directory: string): SourceFile[] =>
      (files.get(directory) ?? []).map(({ path, id, mode }) => {
        const text = texts.get(id);
        if (text === undefined) missing.add(id);
        return {
          name: path.slice(path.lastIndexOf('/') + 1),
          text: text ?? '',
          isLink: text !== undefined && mode === LINK,
        };
      });
    const found = new Map(
      targets.map((target) => [
        target,
        findReferences({ directory: target.path, filesIn, commands: commandsOf(target) }),
      ]),
    );
    if (missing.size === 0) return found;
    for (const [id, text] of await fetched.read([...missing])) texts.set(id, text);
  }
}

function commandsOf({ commands = {}, test }: ResolvedTarget): string[] {
  return [...Object.values(commands), ...(test === undefined ? [] : [test.run])];
}

/** Files that may hold references: code, links, scripts. Archives, images and the like are not worth reading. */
function codeByDirectory(tree: SourceTree): ReadonlyMap<string, TreeEntry[]> {
  const byDirectory = new Map<string, TreeEntry[]>();
  for (const entry of tree.entriesUnder('.')) {
    if (entry.type !== 'blob' || !mayRefer(entry)) continue;
    const cut = entry.path.lastIndexOf('/');
    const directory = cut === -1 ? '.' : entry.path.slice(0, cut);
    const siblings = byDirectory.get(directory);
    if (siblings === undefined) byDirectory.set(directory, [entry]);
    else siblings.push(entry);
  }
  return byDirectory;
}

const mayRefer = ({ path, mode }: TreeEntry) =>
  mode === LINK ||
  mode === EXECUTABLE ||
  /\.(tf|tofu|tfvars|hcl)(\.json)?$|\.(sh|bash)$|(^|\/)[^./]+$/.test(path);
