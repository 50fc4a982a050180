/** Where the code declares a resource of a plan: what an annotation points at. Used by the OpenTofu and Terraform tool. */
import { posix } from 'node:path';
import type { CodeFile } from './code.ts';

/**
 * `address` as the tool writes it (`module.db["a"].aws_db_instance.main[0]`); `directory` is the component's, in the repository.
 * Of what is inside a module, the call of the outermost one. Undefined when the code no longer declares it.
 */
export function placeOf(
  address: string,
  code: readonly CodeFile[],
  directory: string,
): { readonly file: string; readonly line: number } | undefined {
  const [, module] = /^module\.([\w-]+)/.exec(address) ?? [];
  const [, type, name] = /^([\w-]+)\.([\w-]+)/.exec(address) ?? [];
  for (const { name: file, blocks } of code) {
    const found = blocks.find(({ type: kind, labels }) =>
      module === undefined
        ? kind === 'resource' && labels[0] === type && labels[1] === name
        : kind === 'module' && labels[0] === module,
    );
    if (found !== undefined) return { file: posix.join(directory, file), line: found.line };
  }
  return undefined;
}
