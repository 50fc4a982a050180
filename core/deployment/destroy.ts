/** What may be destroyed, and what must be named for it; called when it is asked for, and again under the lease. */
import type { ResolvedTarget } from '../manifest/resolved.ts';

/** A target that is deployed. */
export interface Standing {
  readonly component: string;
  /** Its manifest entry at its last good; absent when it was never good. */
  readonly entry: Pick<ResolvedTarget, 'commands' | 'needs' | 'tool'> | undefined;
}

/** The components that go, or why none does. */
export type Choice = { readonly components: readonly string[] } | { readonly problem: string };

/** Only what was named; without names, everything. What is left standing must not need any of it. */
export function chooseDestroyed(
  environment: string,
  standing: readonly Standing[],
  named: readonly string[] | undefined,
): Choice {
  if (standing.length === 0) return { problem: `nothing is deployed in ${environment}` };
  const all = standing.map(({ component }) => component);
  const components = named === undefined ? all : all.filter((component) => named.includes(component));
  const unknown = (named ?? []).filter((component) => !all.includes(component));
  const problem =
    unknownProblem(environment, unknown, all) ??
    standing
      .filter(({ component }) => components.includes(component))
      .map((target) => unableProblem(environment, target))
      .find((one) => one !== undefined) ??
    dependentsProblem(environment, standing, components);
  return problem === undefined ? { components } : { problem };
}

function unknownProblem(environment: string, unknown: readonly string[], all: readonly string[]) {
  if (unknown.length === 0) return undefined;
  const names = unknown.map((component) => `${environment}/${component}`).join(', ');
  const are = unknown.length === 1 ? 'is' : 'are';
  return `${names} ${are} not deployed; deployed in ${environment}: ${all.join(', ')}`;
}

function unableProblem(environment: string, { component, entry }: Standing): string | undefined {
  const name = `${environment}/${component}`;
  if (entry === undefined) {
    return `${name} was never good, so nothing says how to destroy what is there of it: push a commit that deploys it, then ask again`;
  }
  if (entry.tool !== 'shell' || entry.commands?.destroy !== undefined) return undefined;
  return `${name} has no \`destroy\` command at its last good commit, so nothing would be destroyed: push one (\`"true"\` where there is nothing to remove), then ask again`;
}

/** Needs are those of each target's last good: what is deployed was deployed with them. */
function dependentsProblem(
  environment: string,
  standing: readonly Standing[],
  components: readonly string[],
): string | undefined {
  const going = new Set(components);
  const reasons: string[] = [];
  for (let grown = -1; grown !== going.size; ) {
    grown = going.size;
    for (const { component, entry } of standing) {
      const needed = entry?.needs.find((one) => going.has(one));
      if (needed === undefined || going.has(component)) continue;
      reasons.push(`${environment}/${component} needs ${needed}`);
      going.add(component);
    }
  }
  if (reasons.length === 0) return undefined;
  const targets = [...going].map((component) => ` --target ${component}`).join('');
  return `${reasons.join(', ')} and would be left standing; to destroy all of it: destroy --env ${environment}${targets}`;
}
