/**
 * The condition operators that synthesized policies use; `evaluate.ts` asks whether a statement's conditions hold.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { globMatches } from './glob.ts';

/** Condition keys of a request and their values. Keys are compared without regard to case. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

type Test = (actual: string, expected: string) => boolean;

const equals: Test = (actual, expected) => actual === expected;
const equalsIgnoringCase: Test = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const like: Test = (actual, expected) => globMatches(expected, actual);

/** `negated` operators hold when no accepted value matches, and also when the key is absent. */
const operators: Readonly<Record<string, { readonly test: Test; readonly negated: boolean }>> = {
  StringEquals: { test: equals, negated: false },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoringCase, negated: false },
  StringNotEqualsIgnoreCase: { test: equalsIgnoringCase, negated: true },
  StringLike: { test: like, negated: false },
  StringNotLike: { test: like, negated: true },
  // ArnEquals and ArnLike behave alike; both take wildcards.
  ArnEquals: { test: like, negated: false },
  ArnLike: { test: like, negated: false },
  ArnNotEquals: { test: like, negated: true },
  ArnNotLike: { test: like, negated: true },
  Bool: { test: equalsIgnoringCase, negated: false },
};

/**
 * Whether all conditions of a statement hold.
 * @throws Error on an operator the twin does not know: guessing would allow or deny what AWS does not.
 */
export function conditionsHold(
  conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
  context: Context,
): boolean {
  const known = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) =>
      holds(
        operator,
        known.get(key.toLowerCase()),
        expected.map((value) => withVariables(value, known)),
      ),
    ),
  );
}

function holds(
  operator: string,
  actual: readonly string[] | undefined,
  expected: readonly string[],
): boolean {
  if (operator === 'Null') return String(actual === undefined) === expected[0];
  const [, quantifier, base = '', optional] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const known = operators[base];
  if (known === undefined)
    throw new Error(`evaluating a policy: the twin does not know the operator "${operator}"`);
  if (actual === undefined) return optional !== undefined || quantifier === 'ForAllValues' || known.negated;
  const accepted = (value: string) =>
    expected.some((candidate) => known.test(value, candidate)) !== known.negated;
  return quantifier === 'ForAnyValue' ? actual.some(accepted) : actual.every(accepted);
}

/** Policy variables such as `${aws:PrincipalTag/release}`; one without a value matches nothing. */
export function withVariables(text: string, context: ReadonlyMap<string, readonly string[]>): string {
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const [key = '', fallback] = name.split(/,\s*/);
    return context.get(key.toLowerCase())?.[0] ?? fallback?.replace(/^'|'$/g, '') ?? '\u0000';
  });
}
