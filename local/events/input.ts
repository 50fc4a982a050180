/**
 * What a rule hands to its target: the event, a constant, a part of the event, or a template filled from it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
import type { Json } from '../asl/json.ts';

/** The fields of a rule's target that shape its input; at most one of them. */
export interface TargetInput {
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
}

/** What the reserved `<aws.events…>` variables tell besides the event. */
export interface RuleFacts {
  ruleArn: string;
  ruleName: string;
  /** ISO 8601. */
  ingestionTime: string;
}

/** The text the target gets: JSON, or for string templates their lines. Throws at paths it cannot read. */
export function targetInput(target: TargetInput, event: Json, rule: RuleFacts): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(select(event, target.InputPath) ?? null);
  if (target.InputTransformer === undefined) return JSON.stringify(event);
  const { InputPathsMap = {}, InputTemplate } = target.InputTransformer;
  const variables = new Map<string, Json | undefined>(reserved(event, rule));
  for (const [name, path] of Object.entries(InputPathsMap)) variables.set(name, select(event, path));
  return fill(InputTemplate, variables);
}

function reserved(event: Json, rule: RuleFacts): [string, Json][] {
  const { detail: _, ...withoutDetail } = event as Record<string, Json>;
  return [
    ['aws.events.event', withoutDetail],
    ['aws.events.event.json', event],
    ['aws.events.event.ingestion-time', rule.ingestionTime],
    ['aws.events.rule-arn', rule.ruleArn],
    ['aws.events.rule-name', rule.ruleName],
  ];
}

/** The value at `$.detail.items[0].name`; `undefined` when there is none. */
function select(event: Json, path: string): Json | undefined {
  const steps = [...path.matchAll(/\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]/g)];
  if (`$${steps.map(([step]) => step).join('')}` !== path) {
    throw new Error(
      `The path ${path} of the rule's target cannot be read; use names and indexes, like $.detail.id`,
    );
  }
  let value: Json | undefined = event;
  for (const [, name, index, quoted] of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, Json>)[name ?? index ?? quoted ?? ''];
  }
  return value;
}

/**
 * Puts the variables in. Outside quotes a value is written as JSON (a missing one as null); inside quotes a text
 * is written as it is, anything else as JSON without its quotes, and a missing value not at all.
 */
function fill(template: string, variables: Map<string, Json | undefined>): string {
  let quoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/gs, (token, name?: string) => {
    if (token === '"') quoted = !quoted;
    if (name === undefined) return token;
    if (!variables.has(name))
      throw new Error(`The input template uses <${name}>, which InputPathsMap does not define`);
    const value = variables.get(name);
    if (!quoted) return JSON.stringify(value ?? null);
    if (value === undefined) return '';
    return typeof value === 'string'
      ? JSON.stringify(value).slice(1, -1)
      : JSON.stringify(value).replaceAll('"', '');
  });
}
