/** The only way this stack gives a role of its own something: exact actions on exact resources, or a pattern and why. */
import { Effect, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acceptPatterns } from './accepted.ts';
import { type Binding, permission } from './binding.ts';

export interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, unknown>>;
  /** Why resources are named by a pattern; needed as soon as one of them is. */
  readonly because?: string;
}

/** @throws Error when a resource is a pattern and nobody says why. */
export function allow(to: IGrantable, { actions, resources, conditions, because }: Allowed): void {
  const role = to.grantPrincipal;
  const patterns = resources.filter((resource) => resource.includes('*'));
  if (patterns.length > 0) {
    if (because === undefined || !Construct.isConstruct(role))
      throw new Error(
        `allowing ${actions.join(', ')}: ${patterns.join(', ')} is a pattern; say \`because\` why it cannot be named`,
      );
    acceptPatterns(role, because, patterns);
  }
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions && { conditions: { ...conditions } }),
    }),
  );
}

/** Takes a part of what is allowed away again, whatever else the role is given. */
export function deny(to: IGrantable, denied: Required<Omit<Allowed, 'because'>>): void {
  to.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...denied.actions],
      resources: [...denied.resources],
      conditions: { ...denied.conditions },
    }),
  );
}

/** The same as a function's binding. */
export const allowed = (grant: Allowed): Binding<never> => permission((fn) => allow(fn, grant));
