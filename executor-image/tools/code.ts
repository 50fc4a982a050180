/** What a component's OpenTofu or Terraform code declares, read before the tool runs: backend, modules, references. */
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Block, quotedStrings, readBlocks, readJsonBlocks } from './hcl.ts';

/** One code file of a directory. */
export interface CodeFile {
  readonly name: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** A module call, with the place it was made at. */
export interface ModuleCall {
  readonly name: string;
  readonly source: string;
  /** File relative to the tree's root. */
  readonly file: string;
  readonly line: number;
}

/** The code files the tool would read in a directory; Terraform does not read `.tofu` files. */
export async function readCode(directory: string, tool: 'opentofu' | 'terraform'): Promise<CodeFile[]> {
  const extensions = tool === 'opentofu' ? /\.(tf|tofu)(\.json)?$/ : /\.tf(\.json)?$/;
  const names = (await readdir(directory).catch(() => [])).filter((name) => extensions.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8');
      return { name, text, blocks: name.endsWith('.json') ? readJsonBlocks(text) : readBlocks(text) };
    }),
  );
}

/**
 * Where the code says its state is kept: `none`, `beside` the code (the `local` backend, which is what the tools do without a
 * word as well), or `elsewhere`, where it outlives a job.
 */
export function declaredBackend(code: readonly CodeFile[]): 'none' | 'beside' | 'elsewhere' {
  const backends = code
    .flatMap(({ blocks }) => blocks)
    .filter(({ type }) => type === 'terraform')
    .flatMap(({ blocks }) => blocks)
    .filter(({ type }) => type === 'backend' || type === 'cloud');
  if (backends.length === 0) return 'none';
  return backends.every(isBeside) ? 'beside' : 'elsewhere';
}

/** https://developer.hashicorp.com/terraform/language/backend/local */
const isBeside = ({ type, labels, strings }: Block) =>
  type === 'backend' && labels[0] === 'local' && !posix.isAbsolute(strings.path ?? '');

export const isLocalSource = (source: string) => /^\.\.?\//.test(source);

/** Module calls of the component and of every local module it reaches, and the directories of those (relative to the tree). */
export async function reachModules(
  tree: string,
  component: string,
  tool: 'opentofu' | 'terraform',
): Promise<{ calls: ModuleCall[]; directories: Map<string, readonly CodeFile[]> }> {
  const calls: ModuleCall[] = [];
  const directories = new Map<string, readonly CodeFile[]>();
  const open = [posix.normalize(component)];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    if (directories.has(directory) || directory === '..' || directory.startsWith('../')) continue;
    const code = await readCode(join(tree, directory), tool);
    directories.set(directory, code);
    for (const call of code.flatMap((file) => moduleCalls(directory ?? '', file))) {
      calls.push(call);
      if (isLocalSource(call.source)) open.push(posix.join(directory, call.source));
    }
  }
  return { calls, directories };
}

const moduleCalls = (directory: string, { name, blocks }: CodeFile): ModuleCall[] =>
  blocks
    .filter(({ type, labels, strings }) => type === 'module' && labels[0] && strings.source)
    .map(({ labels, strings, line }) => ({
      name: labels[0] ?? '',
      source: strings.source ?? '',
      file: posix.join(directory, name),
      line,
    }));

/** Module sources that are fetched with git: https://developer.hashicorp.com/terraform/language/modules/sources */
export const isGitSource = (source: string) =>
  /^(git::|git@|ssh:|github\.com\/|bitbucket\.org\/|[^/]*@[^/]+:)/.test(source) ||
  (/^[a-z]+:\/\//.test(source) && /\.git(\/\/|\?|$)/.test(source));

/**
 * Files and directories outside the component that its code names by `../` (in `file()`, `templatefile()`, paths built from
 * `path.module`): relative to the tree, where they exist or not.
 */
export function referencedPaths(
  component: string,
  directories: ReadonlyMap<string, readonly CodeFile[]>,
): string[] {
  const found = new Set<string>();
  for (const [directory, code] of directories) {
    for (const text of code
      .filter(({ name }) => !name.endsWith('.json'))
      .flatMap((f) => quotedStrings(f.text))) {
      const reference = /^(?:\$\{path\.(?:module|root|cwd)\}\/)?((?:\.\.\/)+[^"$%{}]*)/.exec(text)?.[1];
      if (reference === undefined) continue;
      for (const base of [directory, component]) found.add(posix.join(base, reference).replace(/\/$/, ''));
    }
  }
  return [...found];
}
