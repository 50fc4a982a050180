/** Our `Condition` and `Change` as DynamoDB expressions; used by the ledger adapter. Every name and value goes through a placeholder. */
import type { Change, Condition } from '../ports.ts';

/** The parts of a request that expressions fill in. */
export interface Expressions {
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/** Writes the expressions of one request. See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html */
export function expressions(condition: Condition = {}, change: Change = {}): Expressions {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const name = (path: string) =>
    path
      .split('.')
      .map((part) => {
        const known = Object.keys(names).find((placeholder) => names[placeholder] === part);
        const placeholder = known ?? `#n${Object.keys(names).length}`;
        names[placeholder] = part;
        return placeholder;
      })
      .join('.');
  const value = (content: unknown) => {
    const placeholder = `:v${Object.keys(values).length}`;
    values[placeholder] = content;
    return placeholder;
  };
  const pairs = (entries: Readonly<Record<string, unknown>> = {}, operator: string) =>
    Object.entries(entries).map(([path, content]) => `${name(path)}${operator}${value(content)}`);

  const conditions = [
    ...(condition.absent ? [`attribute_not_exists(${name('pk')})`] : []),
    ...(condition.present ? [`attribute_exists(${name('pk')})`] : []),
    ...pairs(condition.equals, ' = '),
    ...(condition.missing ?? []).map((path) => `attribute_not_exists(${name(path)})`),
  ];
  const changes = [
    clause('SET', pairs(change.set, ' = ')),
    clause('REMOVE', (change.remove ?? []).map(name)),
    clause('ADD', pairs(change.addTo, ' ')),
    clause('DELETE', pairs(change.deleteFrom, ' ')),
  ].filter((part) => part !== '');

  return {
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ...(changes.length > 0 && { UpdateExpression: changes.join(' ') }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

const clause = (keyword: string, parts: readonly string[]) =>
  parts.length === 0 ? '' : `${keyword} ${parts.join(', ')}`;
