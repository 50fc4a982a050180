/** The paths that code refers to outside its own directory, read off its text: what a target depends on until a plan has told better. Called by `resolve`. */
import { isWithin, repositoryPath } from '../manifest/repository-path.ts';

/** One file directly in a directory. */
export interface SourceFile {
  readonly name: string;
  /** The file's text; of a symbolic link, what it points to. */
  readonly text: string;
  readonly isLink?: boolean;
}

/** What is searched. */
export interface ReferenceSearch {
  /** The component's directory, a repository path in normal form. */
  readonly directory: string;
  /** The files directly in a directory; none for a path that is not a directory. */
  filesIn(directory: string): Iterable<SourceFile>;
  /** Command lines run in the directory (`commands`, `test` of the manifest). */
  readonly commands?: readonly string[];
}

/**
 * The repository paths outside `directory` that its code refers to, sorted; local modules and scripts are followed. Read are
 * OpenTofu and Terraform code (module sources, paths given to functions, `path.module` and `path.root`) and shell scripts.
 * It errs on the side of too much: a path with a variable in it stands for the directory before the variable.
 */
export function findReferences({ directory, filesIn, commands = [] }: ReferenceSearch): string[] {
  const found = new Set<string>();
  const add = (references: Iterable<string>) => {
    for (const one of references) found.add(one);
  };
  add([directory]);
  add(commands.flatMap((command) => shellReferences(command, [directory])));
  // A set is walked over what is added on the way: each path is read once, and circles end.
  for (const path of found) {
    const files = [...filesIn(path)];
    for (const file of files) add(referencesOf(file, path, directory));
    if (files.length > 0) continue;
    const parent = repositoryPath('..', path);
    const file = parent && [...filesIn(parent)].find(({ name }) => repositoryPath(name, parent) === path);
    if (file) add(referencesOf(file, parent, directory));
  }
  return [...found].filter((path) => !isWithin(path, directory)).sort();
}

function referencesOf({ name, text, isLink }: SourceFile, at: string, root: string): string[] {
  if (isLink) return inRepository(text, at);
  if (/\.(tf|tofu|tfvars|hcl)(\.json)?$/.test(name)) return codeReferences(text, at, root);
  if (/\.(sh|bash)$|^Makefile$/.test(name) || text.startsWith('#!')) return shellReferences(text, [at, root]);
  return [];
}

/**
 * Paths in code. A module's source and `path.module` start from the file's directory; `path.root`, `path.cwd` and other relative
 * paths from the component's, where the tool runs (https://opentofu.org/docs/language/expressions/references/).
 */
function codeReferences(text: string, at: string, root: string): string[] {
  const code = text.replace(/^\s*(#|\/\/).*$/gm, '');
  const named = code.matchAll(/\$\{path\.(module|root|cwd)\}\/([^"'\\\s(),;|&<>]*)/g);
  const relative = code.matchAll(/(\bsource"?\s*[=:]\s*")?(?<![\w./}])(\.\.?\/[^"'\\\s(),;|&<>]*)/g);
  return [
    ...[...named].flatMap(([, base, rest = '']) =>
      inRepository(knownPart(rest), base === 'module' ? at : root),
    ),
    ...[...relative].flatMap(([, source, word = '']) =>
      inRepository(knownPart(word), source === undefined ? root : at),
    ),
  ];
}

/** Words with `../` or `./` in them, from each of the directories they may be meant from. Going up without naming anything says nothing. */
function shellReferences(text: string, from: readonly string[]): string[] {
  const code = text.replace(/^\s*#.*$/gm, '');
  const words = [...code.matchAll(/(?<![\w.])(?:\.\.?\/)+[^\\\s"'`;&|<>()]*/g)].map(([word]) =>
    knownPart(word),
  );
  return words
    .filter((word) => /[^./]/.test(word))
    .flatMap((word) => from.flatMap((one) => inRepository(word, one)));
}

/** A path up to its first variable or wildcard: of `../modules/${var.kind}/x`, `../modules`. */
function knownPart(path: string): string {
  const cut = path.search(/[$%]\{|[$*?[]/);
  return cut === -1 ? path : path.slice(0, path.lastIndexOf('/', cut) + 1);
}

function inRepository(text: string, from: string): string[] {
  const path = repositoryPath(text === '' ? '.' : text, from);
  return path === undefined ? [] : [path];
}
