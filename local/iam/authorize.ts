/** Decides for the gateway and for the world's own service-to-service calls whether a role of the stack may do something. */
import type { Principal } from '../wire/principals.ts';
import type { Authorize, Permission } from '../wire/service.ts';
import { allowsPrincipal, evaluate, type Question, type Verdict } from './evaluate.ts';
import { policyDocumentSchema, type Statement } from './policy.ts';

/** A role, who may be it, and what its policies say. */
export interface PolicyHolder {
  readonly arn: string;
  readonly trust: readonly Statement[];
  readonly statements: readonly Statement[];
}

/** A KMS key and what its policy says. */
export interface KeyHolder {
  readonly arn: string;
  readonly policy: readonly Statement[];
}

/** Everything that decides. */
export interface AuthorizeOptions {
  readonly roles: readonly PolicyHolder[];
  readonly keys: readonly KeyHolder[];
}

/** The gateway's hook. */
export function createAuthorize({ roles, keys }: AuthorizeOptions): Authorize {
  const roleByArn = new Map(roles.map((role) => [role.arn, role]));
  const keyByArn = new Map(keys.map((key) => [key.arn, key.policy]));

  /** A key's policy may let a role in by itself; that it trusts the account makes the role's own policies count. */
  function keyVerdict(principal: Principal, question: Question): Verdict {
    const addressed = (keyByArn.get(question.resource ?? '') ?? []).filter(
      ({ Principal: named }) =>
        named === '*' || (typeof named === 'object' && named.AWS?.includes(principal.roleArn)),
    );
    return evaluate(addressed, question);
  }

  return ({ principal, ...permission }) => {
    // Anybody may ask who he is: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if (permission.action === 'sts:GetCallerIdentity') return undefined;
    const role = roleByArn.get(principal.roleArn);
    if (role === undefined) return `${principal.roleArn} is not a role of the synthesized stack`;
    const question = questionOf(principal, permission);
    const byKey = permission.action.startsWith('kms:') ? keyVerdict(principal, question) : 'silent';
    if (byKey === 'denied') return 'of an explicit deny in the key policy';
    // Roles of other accounts have trust policies that nobody knows here.
    const assumed = permission.action === 'sts:AssumeRole' && roleByArn.get(permission.resource ?? '');
    if (assumed && !allowsPrincipal(assumed.trust, principal.roleArn, question))
      return 'its trust policy does not let the role assume it';
    // What a key's policy gives to a role, its narrowed sessions have only as far as their own policies go.
    return (
      (byKey === 'allowed' ? undefined : refusal(role.statements, question, 'an identity-based policy')) ??
      principal.sessionPolicies
        .map((text) => policyDocumentSchema.parse(JSON.parse(text)).Statement)
        .map((session) => refusal(session, question, 'a session policy'))
        .find((reason) => reason !== undefined)
    );
  };
}

/** A permission with everything that conditions may ask about who wants it. */
export function questionOf(principal: Principal, { action, resource, conditions }: Permission): Question {
  const tags = Object.entries(principal.tags).map(([name, value]) => [`aws:PrincipalTag/${name}`, value]);
  return {
    action,
    resource,
    context: {
      ...conditions,
      'aws:PrincipalArn': principal.roleArn,
      'aws:PrincipalAccount': principal.accountId,
      // The pretended deployment speaks TLS; that the twin's endpoint does not is no matter of the policies.
      'aws:SecureTransport': 'true',
      ...Object.fromEntries(tags),
    },
  };
}

function refusal(statements: readonly Statement[], question: Question, kind: string): string | undefined {
  const verdict = evaluate(statements, question);
  if (verdict === 'allowed') return undefined;
  if (verdict === 'denied') return `of an explicit deny in ${kind}`;
  return `no ${kind.replace(/^an? /, '')} allows the ${question.action} action`;
}
