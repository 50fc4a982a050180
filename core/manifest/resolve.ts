/** A checked manifest as the environments and targets it means, everything inherited filled in; called by `resolve` and the command line. */
import { topologicalOrder } from './graph.ts';
import { repositoryPath, repositoryRoot } from './repository-path.ts';
import type { BuildSettings, ResolvedTarget, Tool } from './resolved.ts';
import type { Manifest } from './schema.ts';
import { entry, joined, levelsOf, merged, type Settings, strongest } from './settings.ts';

/** One environment with the targets deployed into it. */
export interface ResolvedEnvironment {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The environments that must have succeeded before this one. */
  readonly after: string[];
  /** How long after its last success it is destroyed. Seconds; absent when it stays. */
  readonly ttl?: number;
  /** Each after everything it needs; ties in file order. */
  readonly targets: ResolvedTarget[];
}

/** The manifest's environments, each after those in its `after`; ties in file order. */
export function resolveTargets(manifest: Manifest): ResolvedEnvironment[] {
  const order = topologicalOrder(
    new Map(Object.entries(manifest.environments).map(([name, { after }]) => [name, namesOf(after)])),
  );
  return order.flatMap((name) => {
    const environment = entry(manifest.environments, name);
    if (environment === undefined) return [];
    const { account, region, after, ttl } = environment;
    const lifetime = ttl === undefined ? {} : { ttl: secondsIn(ttl) };
    return [
      { name, account, region, after: namesOf(after), ...lifetime, targets: targetsIn(manifest, name) },
    ];
  });
}

/** `after` is one name or a list. */
export function namesOf<Name>(after: Name | Name[] | undefined): Name[] {
  return after === undefined ? [] : Array.isArray(after) ? after : [after];
}

const SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/** `72h` in seconds; the schema has checked the form. */
function secondsIn(ttl: string): number {
  return Number(ttl.slice(0, -1)) * (SECONDS[ttl.slice(-1)] ?? 0);
}

/** The tool a component is deployed with, and its version; a version belongs to the tool it is named beside. */
export function toolOf(
  defaults: { tool?: Tool | undefined; toolVersion?: string | undefined } | undefined,
  component: { tool?: Tool | undefined; toolVersion?: string | undefined },
): { tool: Tool; toolVersion?: string } {
  const tool = component.tool ?? defaults?.tool ?? 'auto';
  const toolVersion = component.toolVersion ?? (tool === defaults?.tool ? defaults.toolVersion : undefined);
  return { tool, ...(toolVersion !== undefined && { toolVersion }) };
}

function targetsIn(manifest: Manifest, environment: string): ResolvedTarget[] {
  const deployed = new Map(
    Object.entries(manifest.components).filter(
      ([, { environments }]) => environments === undefined || environments.includes(environment),
    ),
  );
  const order = topologicalOrder(new Map([...deployed].map(([name, { needs }]) => [name, needs ?? []])));
  return order.flatMap((name) => {
    const component = deployed.get(name);
    return component === undefined ? [] : [targetOf(manifest, environment, { name, ...component })];
  });
}

function targetOf(
  manifest: Manifest,
  environment: string,
  component: { name: string } & Manifest['components'][string],
): ResolvedTarget {
  const levels = levelsOf<Settings>(manifest, environment, component.name);
  const { test, commands, formerly, build } = component;
  return {
    component: component.name,
    ...(formerly !== undefined && { formerly }),
    environment,
    path: repositoryPath(component.path) ?? repositoryRoot,
    ...toolOf(manifest.defaults, component),
    arch: component.arch ?? manifest.defaults?.arch ?? 'arm64',
    needs: component.needs ?? [],
    inputs: Object.fromEntries(
      Object.entries(component.inputs ?? {}).map(([name, source]) => [name, outputReference(source)]),
    ),
    env: merged(levels, ({ env }) => env),
    variables: merged(levels, ({ variables }) => variables),
    watch: component.watch ?? [],
    secrets: merged(levels, ({ secrets }) => secrets),
    ...(test !== undefined && { test }),
    ...(commands !== undefined && { commands }),
    ...(build !== undefined && { build: buildOf(build) }),
    policy: {
      approval: strongest(levels, ({ approval }) => approval) ?? 'on-destroy',
      approvers: strongest(levels, ({ approvers }) => approvers) ?? [],
      selfApproval: strongest(levels, ({ selfApproval }) => selfApproval) ?? false,
      protect: joined(levels, ({ protect }) => protect),
      rollback: strongest(levels, ({ rollback }) => rollback) ?? 'connected',
    },
  };
}

function buildOf({
  context,
  dockerfile = 'Dockerfile',
  local,
}: NonNullable<Manifest['components'][string]['build']>): BuildSettings {
  return {
    context: repositoryPath(context) ?? repositoryRoot,
    dockerfile: repositoryPath(dockerfile) ?? repositoryRoot,
    ...(local !== undefined && { local }),
  };
}

/** `network.vpc_id` taken apart; component names hold no dot. */
export function outputReference(source: string): { component: string; output: string } {
  const dot = source.indexOf('.');
  return { component: source.slice(0, dot), output: source.slice(dot + 1) };
}
