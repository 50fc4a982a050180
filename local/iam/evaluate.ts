/**
 * Evaluates policies as IAM does within one account: an explicit deny wins, then an allow, else the request is refused.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type Context, conditionsHold, withVariables } from './conditions.ts';
import { globMatches } from './glob.ts';
import type { Statement } from './policy.ts';

/** What somebody is about to do. */
export interface Question {
  /** For example `sqs:SendMessage`. */
  readonly action: string;
  /** ARN it is done to; undefined for actions that have no resource. */
  readonly resource?: string | undefined;
  readonly context: Context;
}

/** `silent`: no statement speaks of it, which IAM takes for a refusal. */
export type Verdict = 'allowed' | 'denied' | 'silent';

/** What the statements say. */
export function evaluate(statements: readonly Statement[], question: Question): Verdict {
  let verdict: Verdict = 'silent';
  for (const statement of statements) {
    if (!applies(statement, question)) continue;
    if (statement.Effect === 'Deny') return 'denied';
    verdict = 'allowed';
  }
  return verdict;
}

function applies(statement: Statement, { action, resource, context }: Question): boolean {
  const { Action, NotAction, Resource, NotResource } = statement;
  const names = (patterns: readonly string[]) =>
    patterns.some((pattern) => globMatches(pattern.toLowerCase(), action.toLowerCase()));
  if (Action !== undefined ? !names(Action) : NotAction === undefined || names(NotAction)) return false;

  const known = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  const covers = (patterns: readonly string[]) =>
    patterns.some((pattern) => globMatches(withVariables(pattern, known), resource ?? '*'));
  if (Resource !== undefined && !covers(Resource)) return false;
  if (NotResource !== undefined && covers(NotResource)) return false;

  return statement.Condition === undefined || conditionsHold(statement.Condition, context);
}

/** Whether a resource policy (of a queue) lets a service in; such statements name it as `Principal.Service`. */
export function allowsService(policy: readonly Statement[], service: string, question: Question): boolean {
  const addressed = policy.filter(
    ({ Principal }) =>
      Principal === '*' || Principal?.AWS?.includes('*') || Principal?.Service?.includes(service),
  );
  return evaluate(addressed, question) === 'allowed';
}

/** Whether a trust policy lets somebody in: it names the role itself, or the role's account. */
export function allowsPrincipal(trust: readonly Statement[], roleArn: string, question: Question): boolean {
  const account = roleArn.replace(/:role\/.*$/, ':root');
  const addressed = trust.filter(
    ({ Principal }) =>
      Principal === '*' || Principal?.AWS?.some((named) => ['*', roleArn, account].includes(named)),
  );
  return evaluate(addressed, question) === 'allowed';
}
