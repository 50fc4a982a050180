/** What a pull request's manifest says otherwise than it is planned with, because only the merge may change it; called by `resolve`. */
import { canonicalJson } from '../content/canonical-json.ts';
import { resolveTargets } from './resolve.ts';
import type { ResolvedTarget } from './resolved.ts';
import type { Manifest } from './schema.ts';

export interface HeldBack {
  readonly environment: string;
  /** Absent where it is the environment's own. */
  readonly component?: string;
  /** As `belay.yaml` calls them, in the order of the table in the manual. */
  readonly settings: readonly string[];
}

/** `planned` is what `plannedManifest` made of the head. An environment or target that is not planned at all is left out. */
export function heldBack(head: Manifest, planned: Manifest): HeldBack[] {
  const wanted = new Map(resolveTargets(head).map((environment) => [environment.name, environment]));
  return resolveTargets(planned).flatMap(({ name, account, region, ttl, targets }) => {
    const own = wanted.get(name);
    if (own === undefined) return [];
    const its = { account: own.account, region: own.region, ttl: own.ttl };
    const wantedTargets = new Map(own.targets.map((target) => [target.component, target]));
    const found = targets.map((target) => {
      const { component } = target;
      const other = wantedTargets.get(component) ?? target;
      return { environment: name, component, settings: differing(guardedOf(target), guardedOf(other)) };
    });
    const ofEnvironment = { environment: name, settings: differing({ account, region, ttl }, its) };
    return [ofEnvironment, ...found].filter(({ settings }) => settings.length > 0);
  });
}

const guardedOf = ({ tool, toolVersion, arch, secrets, policy }: ResolvedTarget) => {
  const { approval, approvers, selfApproval, protect, rollback } = policy;
  return { tool, toolVersion, arch, secrets, approval, approvers, selfApproval, protect, rollback };
};

const differing = (one: object, other: object): string[] => {
  const others = new Map(Object.entries(other));
  return Object.entries(one).flatMap(([name, value]) =>
    canonicalJson({ value }) === canonicalJson({ value: others.get(name) }) ? [] : name,
  );
};
