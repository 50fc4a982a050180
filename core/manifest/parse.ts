/** `belay.yaml` from text to a checked manifest, or to every problem at once; called by `resolve` and the command line. */
import { readDocument } from './document.ts';
import type { Draft } from './draft.ts';
import { checkFormerNames } from './former-names.ts';
import { type Finding, type Problem, placeWords } from './problem.ts';
import { checkReferences } from './reference-rules.ts';
import { repositoryPath } from './repository-path.ts';
import type { Manifest } from './schema.ts';
import { checkShape } from './shape.ts';
import { checkTargets } from './target-rules.ts';

/** What the repository at this commit can tell about the manifest. */
export interface Surroundings {
  /** Whether the commit has a directory at this path (normal form, see `repositoryPath`). */
  hasDirectory(path: string): boolean;
}

/** The accounts and regions that a manifest may pick from; undefined: any. */
export interface Places {
  readonly accounts: readonly string[] | undefined;
  readonly regions: readonly string[] | undefined;
}

/**
 * The manifest, or everything that is wrong with it in the order of the text; never throws.
 * With `surroundings`, components' paths must also exist in the commit; with `places`, environments must be there.
 */
export function parseManifest(
  text: string,
  surroundings?: Surroundings,
  places?: Places,
): { manifest: Manifest } | { problems: Problem[] } {
  const document = readDocument(text);
  if (!('value' in document)) return { problems: inTextOrder(document.problems) };
  if (document.value === null) {
    return {
      problems: [
        { line: 1, column: 1, message: 'is empty: it needs `version`, `environments` and `components`' },
      ],
    };
  }
  const shape = checkShape(document.value);
  const findings = [
    ...('findings' in shape ? shape.findings : []),
    ...checkReferences(shape.draft),
    ...checkTargets(shape.draft),
    ...checkFormerNames(shape.draft),
    ...(surroundings === undefined ? [] : checkDirectories(shape.draft, surroundings)),
    ...(places === undefined ? [] : checkPlaces(shape.draft, places)),
  ];
  const problems = [
    ...document.problems,
    ...findings.map((one) => ({ ...document.positionOf(one), message: placeWords(one.path) + one.message })),
  ];
  if (problems.length > 0 || !('manifest' in shape)) return { problems: inTextOrder(problems) };
  return { manifest: shape.manifest };
}

function checkDirectories(manifest: Draft<Manifest>, { hasDirectory }: Surroundings): Finding[] {
  return Object.entries(manifest.components ?? {}).flatMap(([name, component]): Finding[] => {
    const places = [
      { text: component?.path, at: ['path'] },
      { text: component?.build?.context, at: ['build', 'context'] },
    ];
    return places.flatMap(({ text, at }): Finding[] => {
      const path = text === undefined ? undefined : repositoryPath(text);
      if (path === undefined || hasDirectory(path)) return [];
      const message = `\`${path}\` is not a directory of this commit`;
      return [{ path: ['components', name, ...at], at: 'value', message }];
    });
  });
}

function checkPlaces(manifest: Draft<Manifest>, { accounts, regions }: Places): Finding[] {
  return Object.entries(manifest.environments ?? {}).flatMap(([name, environment]): Finding[] => {
    const finding = (key: 'account' | 'region', allowed: readonly string[] | undefined): Finding[] => {
      const value = environment?.[key];
      if (value === undefined || allowed === undefined || allowed.includes(value)) return [];
      const known = allowed.map((one) => `\`${one}\``).join(', ');
      const message = `this Belay does not deploy to \`${value}\`, only to ${known}; who runs it can add more to \`${key}s\` in belay.config.ts`;
      return [{ path: ['environments', name, key], at: 'value', message }];
    };
    return [...finding('account', accounts), ...finding('region', regions)];
  });
}

function inTextOrder(problems: readonly Problem[]): Problem[] {
  // What is wrong in the same way in several environments is said once.
  const different = new Map(problems.map((one) => [`${one.line}:${one.column} ${one.message}`, one]));
  return [...different.values()].sort((one, other) => one.line - other.line || one.column - other.column);
}
