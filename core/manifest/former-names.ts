/** Rules about `formerly`: in each environment a former name belongs to one component, and to none that still has it. Run by `parse.ts`. */
import type { Draft } from './draft.ts';
import type { Finding } from './problem.ts';
import { deployedIn } from './reference-rules.ts';
import type { Manifest } from './schema.ts';
import { entry } from './settings.ts';

/** Every `formerly` that would take over what another component has, or takes over itself. */
export function checkFormerNames(manifest: Draft<Manifest>): Finding[] {
  const environments = Object.keys(manifest.environments ?? {});
  const placesOf = (component: string): string[] => {
    const found = entry(manifest.components, component);
    return found === undefined ? [] : (deployedIn(found, environments) ?? []);
  };
  /** Former name and environment → the component that has spoken for it. */
  const taken = new Map<string, string>();
  return Object.entries(manifest.components ?? {}).flatMap(([name, component]): Finding[] => {
    const formerly = component?.formerly;
    if (formerly === undefined) return [];
    const finding = (message: string): Finding => {
      return { path: ['components', name, 'formerly'], at: 'value', message };
    };
    if (formerly === name) return [finding('is its name now: remove it')];
    const holders = placesOf(formerly);
    return placesOf(name).flatMap((environment): Finding[] => {
      if (holders.includes(environment))
        return [finding(`\`${formerly}\` is still a component of \`${environment}\``)];
      const place = `${environment}/${formerly}`;
      const other = taken.get(place);
      taken.set(place, other ?? name);
      if (other === undefined) return [];
      return [finding(`\`${other}\` is formerly \`${formerly}\` in \`${environment}\` already`)];
    });
  });
}
