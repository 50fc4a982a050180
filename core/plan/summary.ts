/** What a plan would do: the change summary the executor makes of `show -json` of a saved OpenTofu or Terraform plan. */
import * as z from 'zod';
import type { ChangeCounts, PlanSummary } from '../contracts/job.ts';
import { documentDigest } from './canonical.ts';

const changeSchema = z.object({
  actions: z.array(z.string()),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** True wherever a value is known only after the apply. */
  after_unknown: z.unknown().optional(),
  importing: z.unknown().optional(),
});

/** The parts of the plan's JSON that say what would change: https://developer.hashicorp.com/terraform/internals/json-format */
export const planJsonSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        type: z.string(),
        previous_address: z.string().optional(),
        deposed: z.string().optional(),
        change: changeSchema,
      }),
    )
    .default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
  action_invocations: z.array(z.looseObject({ address: z.string() })).default([]),
});
export type PlanJson = z.infer<typeof planJsonSchema>;
type ResourceChange = PlanJson['resource_changes'][number];

/** What of the summary comes from the plan's JSON alone. */
export type PlanChanges = Pick<
  PlanSummary,
  'changes' | 'removals' | 'creations' | 'summary' | 'changeDigest'
>;

/** Summarises a plan. Equal changes give an equal `changeDigest`, whenever and from whatever state serial they were planned. */
export function summarisePlan(plan: PlanJson): PlanChanges {
  const resources = plan.resource_changes.filter(isChange);
  const outputs = Object.entries(plan.output_changes).filter(([, change]) => !only(change.actions, 'no-op'));
  const changes = countChanges(resources, outputs.length);
  return {
    changes,
    summary: describeChanges(changes),
    removals: resources
      .filter(({ change }) => change.actions.includes('delete'))
      .map(({ address, type, change }) => ({ address, type, replace: change.actions.includes('create') })),
    creations: resources
      .filter(({ change }) => change.actions.includes('create'))
      .map(({ address }) => address),
    changeDigest: documentDigest({
      resources: resources.map(normalised).sort((a, b) => (a.key < b.key ? -1 : 1)),
      outputs: Object.fromEntries(outputs.map(([name, change]) => [name, normalisedChange(change)])),
      actions: plan.action_invocations.map(({ address }) => address).sort(),
    }),
  };
}

/** `2 to add, 1 to replace, 3 outputs`: the non-zero counts in a fixed order, or `no changes`. */
export function describeChanges(changes: ChangeCounts): string {
  const resources = (['add', 'change', 'replace', 'destroy', 'import', 'move'] as const)
    .filter((kind) => changes[kind] > 0)
    .map((kind) => `${changes[kind]} to ${kind}`);
  const outputs =
    changes.outputs === 0 ? [] : [`${changes.outputs} ${changes.outputs === 1 ? 'output' : 'outputs'}`];
  return [...resources, ...outputs].join(', ') || 'no changes';
}

const only = (actions: readonly string[], action: string) => actions.length === 1 && actions[0] === action;

function isChange({ change, address, previous_address }: ResourceChange): boolean {
  if (only(change.actions, 'read')) return false;
  const moved = previous_address !== undefined && previous_address !== address;
  return !only(change.actions, 'no-op') || moved || isImport(change);
}

const isImport = (change: z.infer<typeof changeSchema>) =>
  change.importing !== undefined && change.importing !== null;

function countChanges(resources: readonly ResourceChange[], outputs: number): ChangeCounts {
  const counts = { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs };
  for (const { address, previous_address, change } of resources) {
    const kind = kindOf(change.actions);
    if (kind) counts[kind] += 1;
    if (isImport(change)) counts.import += 1;
    if (previous_address !== undefined && previous_address !== address) counts.move += 1;
  }
  return counts;
}

/** Forgetting a resource changes only the state: it counts as a change, and with a creation as that creation. */
function kindOf(actions: readonly string[]): 'add' | 'change' | 'destroy' | 'replace' | undefined {
  const creates = actions.includes('create');
  if (actions.includes('delete')) return creates ? 'replace' : 'destroy';
  if (creates) return 'add';
  return actions.includes('update') || actions.includes('forget') ? 'change' : undefined;
}

const normalised = ({ address, deposed, previous_address, change }: ResourceChange) => ({
  key: `${address} ${deposed ?? ''}`,
  previous_address,
  importing: change.importing,
  ...normalisedChange(change),
});

const normalisedChange = ({ actions, before, after, after_unknown }: z.infer<typeof changeSchema>) => ({
  actions,
  before,
  after,
  after_unknown,
});
