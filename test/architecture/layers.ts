/** The layer rules: which folder may import what. Pure, so that the rules themselves are tested with violations. */

/** Layers, and for each what its files may import: other layers by folder, packages by pattern. */
const RULES: Readonly<Record<string, { layers: readonly string[]; forbidden: readonly RegExp[] }>> = {
  core: {
    layers: ['core'],
    forbidden: [
      /^@aws-sdk\//,
      /^aws-cdk-lib/,
      /^constructs$/,
      /^@octokit\//,
      /^node:(?!crypto$|path\/posix$)/,
    ],
  },
  lib: { layers: ['lib', 'core'], forbidden: [/^@aws-sdk\//, /^@octokit\//] },
  lambdas: { layers: ['lambdas', 'core'], forbidden: [/^aws-cdk-lib/, /^constructs$/] },
  'executor-image': { layers: ['executor-image', 'core'], forbidden: [/^aws-cdk-lib/, /^constructs$/] },
  local: { layers: ['local', 'core'], forbidden: [/^aws-cdk-lib/, /^constructs$/] },
  bin: { layers: ['bin', 'lib', 'core', 'belay.config.ts'], forbidden: [/^@aws-sdk\//] },
  'belay.config.ts': { layers: ['core'], forbidden: [/./] },
  doctor: {
    layers: ['doctor', 'lambdas', 'core', 'belay.config.ts'],
    forbidden: [/^aws-cdk-lib/, /^constructs$/],
  },
  bench: { layers: ['bench', 'local', 'executor-image', 'core'], forbidden: [/^aws-cdk-lib/] },
};

/** Only these files of `lambdas` and `executor-image` may talk to AWS and GitHub. */
const ADAPTERS = /^(lambdas\/adapters\/|lambdas\/[a-z-]+\/handler\.ts$|executor-image\/)/;

const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** The problems of one file: `path` is relative to the project with `/`. */
export function layerProblems(path: string, text: string): string[] {
  const layer = path.split('/')[0] ?? '';
  const rule = RULES[layer];
  if (!rule) return [];
  const problems: string[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const name = match[1] ?? match[2] ?? match[3] ?? '';
    if (name.startsWith('.')) {
      const other = resolved(path, name).split('/')[0] ?? '';
      if (!rule.layers.includes(other))
        problems.push(`${path} imports ${name}: ${layer} must not import ${other}`);
      continue;
    }
    if (rule.forbidden.some((pattern) => pattern.test(name))) {
      problems.push(`${path} imports ${name}: not allowed in ${layer}`);
    }
    if (layer === 'lambdas' && /^(@aws-sdk\/|@octokit\/request$)/.test(name) && !ADAPTERS.test(path)) {
      problems.push(`${path} imports ${name}: only lambdas/adapters and handlers talk to the outside`);
    }
  }
  if (layer === 'core' && /\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/.test(text)) {
    problems.push(`${path} uses process, the clock or chance: core is pure`);
  }
  return problems;
}

/** The project-relative path an import names. */
function resolved(from: string, name: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
