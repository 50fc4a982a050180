/** Rules about targets, where several parts of the manifest meet: tools, clashing names, two components on one path. Run by `parse.ts`. */

import { canonicalJson } from '../content/canonical-json.ts';
import type { Draft } from './draft.ts';
import { hasHole } from './draft.ts';
import type { Finding } from './problem.ts';
import { deployedIn } from './reference-rules.ts';
import { repositoryPath } from './repository-path.ts';
import { isReservedName } from './reserved-names.ts';
import { toolOf } from './resolve.ts';
import { IMAGE_INPUT } from './resolved.ts';
import type { Manifest } from './schema.ts';
import { type Level, levelsOf, merged, type Settings } from './settings.ts';

type Component = Draft<Manifest['components'][string]>;

/** A component deployed in an environment, as far as its part of the manifest is right. */
interface DraftTarget {
  readonly name: string;
  readonly component: Component;
  readonly levels: Level<Draft<Settings>>[];
}

/** Every contradiction between the parts of the manifest that make up one target, or two of them. */
export function checkTargets(manifest: Draft<Manifest>): Finding[] {
  const environments = Object.keys(manifest.environments ?? {});
  const components = Object.entries(manifest.components ?? {}).flatMap(([name, component]) =>
    component === undefined || hasHole(component) ? [] : [{ name, component }],
  );
  return [
    ...checkDefaultVersion(manifest.defaults),
    ...components.flatMap(({ name, component }) => checkTool(name, component, manifest.defaults)),
    ...components.flatMap(({ name, component }) => checkRepositoryName(name, component)),
    ...environments.flatMap((environment) => {
      const targets = components
        .filter(({ component }) => deployedIn(component, environments)?.includes(environment))
        .map((one) => ({ ...one, levels: levelsOf<Draft<Settings>>(manifest, environment, one.name) }));
      return [
        ...targets.flatMap((target) => checkNames(target, toolOf(manifest.defaults, target.component).tool)),
        ...checkPaths(environment, targets),
      ];
    }),
  ];
}

const needsNamedTool = 'needs `tool: opentofu` or `tool: terraform` beside it: a version belongs to a tool';

function checkDefaultVersion(defaults: Draft<Manifest>['defaults']): Finding[] {
  if (defaults?.toolVersion === undefined || hasHole(defaults)) return [];
  const isServed = defaults.tool === 'opentofu' || defaults.tool === 'terraform';
  return isServed ? [] : [{ path: ['defaults', 'toolVersion'], at: 'key', message: needsNamedTool }];
}

function checkTool(name: string, component: Component, defaults: Draft<Manifest>['defaults']): Finding[] {
  if (hasHole(defaults ?? {})) return [];
  const path = ['components', name];
  const { tool } = toolOf(defaults, component);
  const findings: Finding[] = [];
  if (component.toolVersion !== undefined && tool !== 'opentofu' && tool !== 'terraform') {
    findings.push({ path: [...path, 'toolVersion'], at: 'key', message: needsNamedTool });
  }
  if (component.commands !== undefined && tool !== 'shell') {
    findings.push({ path: [...path, 'commands'], at: 'key', message: 'are for `tool: shell` only' });
  }
  if (component.commands === undefined && component.test === undefined && tool === 'shell') {
    findings.push({
      path,
      at: 'key',
      message: 'a component with `tool: shell` needs `commands` or a `test`',
    });
  }
  return findings;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
function checkRepositoryName(name: string, { build }: Component): Finding[] {
  if (build === undefined || !/--|-$/.test(name)) return [];
  const message =
    'names its image repository, too, and ECR takes no name with `--` in it or `-` at its end: rename the component (`formerly:` takes its state along)';
  return [{ path: ['components', name], at: 'key', message }];
}

/** Each environment variable of a job has one origin; for OpenTofu and Terraform, variables and inputs are `TF_VAR_<name>`. */
function checkNames({ name, component, levels }: DraftTarget, tool: string): Finding[] {
  const prefix = tool === 'shell' ? '' : 'TF_VAR_';
  const inputs: Level<Draft<Settings> & Component> = { path: ['components', name], settings: component };
  const origins = [
    ...namesIn('env', levels, ''),
    ...namesIn('secrets', levels, ''),
    ...namesIn('variables', levels, prefix),
    ...namesIn('inputs', [inputs], prefix),
    ...(component.build === undefined ? [] : [imageOrigin(name, prefix)]),
  ];
  const first = new Map<string, string>();
  return origins.flatMap(({ variable, kind, path }): Finding[] => {
    if (tool === 'shell' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
      return [
        {
          path,
          at: 'key',
          message: `\`${variable}\` reaches a shell command as an environment variable: use letters, digits and \`_\``,
        },
      ];
    }
    if (isReservedName(variable))
      return [{ path, at: 'key', message: `\`${variable}\` is reserved: Belay sets it in every job` }];
    const other = first.get(variable);
    first.set(variable, other ?? kind);
    if (other === undefined) return [];
    return [
      {
        path,
        at: 'key',
        message: `\`${variable}\` is set by both \`${other}\` and \`${kind}\` for \`${name}\``,
      },
    ];
  });
}

/** A component that is built has its image as an input of that name. */
const imageOrigin = (name: string, prefix: string) =>
  ({ variable: `${prefix}${IMAGE_INPUT}`, kind: 'build', path: ['components', name, 'build'] }) as const;

type Kind = 'env' | 'secrets' | 'variables' | 'inputs';
type Named = Partial<Record<Kind, Readonly<Record<string, unknown>> | undefined>>;

/** The names one kind of map sets for a target, each at the strongest level that sets it. */
function namesIn(kind: Kind, levels: readonly Level<Named>[], prefix: string) {
  const found = new Map<string, readonly string[]>();
  for (const { path, settings } of levels) {
    for (const key of Object.keys(settings[kind] ?? {}))
      if (!found.has(key)) found.set(key, [...path, kind, key]);
  }
  return [...found].map(([key, path]) => ({ variable: `${prefix}${key}`, kind, path }));
}

function checkPaths(environment: string, targets: readonly DraftTarget[]): Finding[] {
  const first = new Map<string, string>();
  return targets.flatMap(({ name, component, levels }): Finding[] => {
    if (component.path === undefined) return [];
    const { inputs = {}, commands = {} } = component;
    const [env, variables, secrets] = [
      merged(levels, (level) => level.env),
      merged(levels, (level) => level.variables),
      merged(levels, (level) => level.secrets),
    ];
    const path = repositoryPath(component.path);
    const identity = canonicalJson({ path, env, variables, secrets, inputs, commands });
    const other = first.get(identity);
    first.set(identity, other ?? name);
    if (other === undefined) return [];
    const message = `\`${other}\` and \`${name}\` deploy \`${path}\` in \`${environment}\` with the same settings; tell them apart by \`variables\`, \`env\`, \`inputs\`, \`secrets\` or \`commands\``;
    return [{ path: ['components', name, 'path'], at: 'value', message }];
  });
}
