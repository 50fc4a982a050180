/** Decides for the gateway and for the world's own service-to-service calls whether a role of the stack may do something. */
import type { Authorize } from '../wire/service.ts';
import { evaluate, type Question } from './evaluate.ts';
import { policyDocumentSchema, type Statement } from './policy.ts';

/** A role and what its policies say. */
export interface PolicyHolder {
  readonly arn: string;
  readonly statements: readonly Statement[];
}

/**
 * The gateway's hook. Key policies and the `kms:` actions that encryption would need beside each call are not
 * evaluated: nothing is encrypted on one machine.
 */
export function createAuthorize(roles: readonly PolicyHolder[]): Authorize {
  const byArn = new Map(roles.map((role) => [role.arn, role]));
  return ({ principal, action, resource, conditions }) => {
    // Anybody may ask who he is: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if (action === 'sts:GetCallerIdentity') return undefined;
    const role = byArn.get(principal.roleArn);
    if (role === undefined) return `${principal.roleArn} is not a role of the synthesized stack`;
    const question: Question = {
      action,
      resource,
      context: {
        ...conditions,
        'aws:PrincipalArn': principal.roleArn,
        'aws:PrincipalAccount': principal.accountId,
        // The pretended deployment speaks TLS; that the twin's endpoint does not is no matter of the policies.
        'aws:SecureTransport': 'true',
        ...Object.fromEntries(
          Object.entries(principal.tags).map(([name, value]) => [`aws:PrincipalTag/${name}`, value]),
        ),
      },
    };
    return (
      refusal(role.statements, question, 'an identity-based policy') ??
      principal.sessionPolicies
        .map((text) => policyDocumentSchema.parse(JSON.parse(text)).Statement)
        .map((statements) => refusal(statements, question, 'a session policy'))
        .find((reason) => reason !== undefined)
    );
  };
}

function refusal(statements: readonly Statement[], question: Question, kind: string): string | undefined {
  const verdict = evaluate(statements, question);
  if (verdict === 'allowed') return undefined;
  if (verdict === 'denied') return `of an explicit deny in ${kind}`;
  return `no ${kind.replace(/^an? /, '')} allows the ${question.action} action`;
}
