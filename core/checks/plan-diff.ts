/** A plan as people read it: what is destroyed first, changes as a diff, nothing sensitive. Called by `plan-text.ts`. */
import * as z from 'zod';
import { attributeLines, HIDDEN } from './attributes.ts';

const changeSchema = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  importing: z.unknown().optional(),
});
type Change = z.infer<typeof changeSchema>;

/** https://developer.hashicorp.com/terraform/internals/json-format ; of a plan of another form nothing is shown. */
export const readablePlanSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        previous_address: z.string().optional(),
        deposed: z.string().optional(),
        change: changeSchema,
      }),
    )
    .catch([]),
  output_changes: z.record(z.string(), changeSchema).catch({}),
});
export type ReadablePlan = z.infer<typeof readablePlanSchema>;

/** What is done to things, in the order people want to read it. */
const GROUPS = ['Destroy', 'Replace', 'Change', 'Add', 'Forget', 'Import', 'Move', 'Outputs'] as const;
export type GroupName = (typeof GROUPS)[number];

/** Everything a plan does in one way. Each block is one resource: lines of a diff. */
export interface PlanGroup {
  readonly name: GroupName;
  readonly blocks: readonly string[];
}

/** What a plan does, grouped; no group is empty. */
export function planGroups(plan: ReadablePlan): PlanGroup[] {
  const secrets = secretsIn(plan);
  const blocks = new Map<GroupName, string[]>();
  const add = (group: GroupName, block: string) =>
    blocks.set(group, [...(blocks.get(group) ?? []), scrubbed(block, secrets)]);
  for (const { address, previous_address, deposed, change } of plan.resource_changes) {
    const isMoved = previous_address !== undefined && previous_address !== address;
    const group = groupOf(change, isMoved);
    if (group === undefined) continue;
    const name = deposed === undefined ? address : `${address} (deposed ${deposed})`;
    add(group, resourceBlock(group, isMoved ? `${name}  (was ${previous_address})` : name, change));
  }
  for (const [name, change] of Object.entries(plan.output_changes)) {
    if (!change.actions.includes('no-op')) add('Outputs', attributeLines(name, change).join('\n'));
  }
  return GROUPS.flatMap((name) => {
    const found = blocks.get(name);
    return found === undefined ? [] : [{ name, blocks: found }];
  });
}

function groupOf({ actions, importing }: Change, isMoved: boolean): GroupName | undefined {
  const creates = actions.includes('create');
  if (actions.includes('delete')) return creates ? 'Replace' : 'Destroy';
  if (actions.includes('update')) return 'Change';
  if (actions.includes('forget')) return 'Forget';
  if (importing !== undefined && importing !== null) return 'Import';
  if (creates) return 'Add';
  return isMoved ? 'Move' : undefined;
}

const SIGNS: Readonly<Record<GroupName, string>> = {
  Destroy: '-',
  Replace: '!',
  Change: '!',
  Add: '+',
  Forget: '-',
  Import: '!',
  Move: '!',
  Outputs: '!',
};

/** Of what goes, people need the name alone. */
function resourceBlock(group: GroupName, name: string, change: Change): string {
  const lines = group === 'Destroy' || group === 'Forget' ? [] : attributeLines('', change);
  return [`${SIGNS[group]} ${name}`, ...lines].join('\n');
}

/** Shorter ones would be found everywhere; where they are marked themselves, they are hidden as well. */
const SHORTEST_SECRET = 6;

/** Every text under a mark of sensitivity: a tool may have copied it to a place that has none. */
function secretsIn(plan: ReadablePlan): string[] {
  const found = new Set<string>();
  const collect = (value: unknown, mark: unknown) => {
    if (mark === undefined || mark === null || mark === false) return;
    if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value))
        collect(member, mark === true ? true : (mark as Record<string, unknown>)[key]);
    } else if ((typeof value === 'string' || typeof value === 'number') && mark === true) {
      const text = String(value);
      for (const form of [text, JSON.stringify(text).slice(1, -1)])
        if (form.length >= SHORTEST_SECRET) found.add(form);
    }
  };
  for (const change of [
    ...plan.resource_changes.map((one) => one.change),
    ...Object.values(plan.output_changes),
  ]) {
    collect(change.before, change.before_sensitive);
    collect(change.after, change.after_sensitive);
  }
  // The longest first: one may be a part of another.
  return [...found].sort((a, b) => b.length - a.length);
}

const scrubbed = (text: string, secrets: readonly string[]) =>
  secrets.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
