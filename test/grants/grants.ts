/** Every single thing the roles of the stack may do, and which of them a call has used. Read by everything in this folder. */
import type { Assembly } from '../../local/assembly/model.ts';
import { questionOf } from '../../local/iam/authorize.ts';
import { evaluate } from '../../local/iam/evaluate.ts';
import type { Statement } from '../../local/iam/policy.ts';
import type { Decided } from '../../local/wire/service.ts';

/** One action on one resource, as a statement of a role gives it. */
export interface Grant {
  /** Without what CloudFormation adds: `FunctionsWebhookRole`. */
  readonly role: string;
  readonly roleArn: string;
  readonly action: string;
  /** Without partition, region and account, and without what CloudFormation adds to names. */
  readonly resource: string;
  /** JSON; empty without one. */
  readonly condition: string;
  /** The grant as a statement of its own. */
  readonly statement: Statement;
}

/** All grants of all roles. */
export function grantsOf({ roles, place }: Assembly): Grant[] {
  const short = (text: string) =>
    text
      .replace(/^arn:aws:/, '')
      .replaceAll(`.${place.region}.amazonaws.com`, '')
      .replaceAll(place.account, '')
      .replaceAll(place.region, '')
      .replace(/key\/[0-9a-f-]{36}/, 'key')
      .replace(/[0-9a-f]{64}/, '<hash>')
      .replace(/([A-Za-z0-9])[0-9A-F]{8}(?![0-9A-Fa-f])/g, '$1')
      .replace(/^([a-z0-9-]+):+/, '$1 ');
  return roles.flatMap(({ name, arn, statements }) =>
    statements
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) =>
        (statement.Action ?? []).flatMap((action) =>
          (statement.Resource ?? []).map((resource) => ({
            role: short(name).replace(/^Belay-/, ''),
            roleArn: arn,
            action,
            resource: short(resource),
            condition: statement.Condition === undefined ? '' : short(JSON.stringify(statement.Condition)),
            statement: { ...statement, Action: [action], Resource: [resource] },
          })),
        ),
      ),
  );
}

/** What tells one grant from all others. */
export const nameOf = ({ role, action, resource, condition }: Grant): string =>
  [role, action, resource, condition].join(' | ');

/** The grants of a role that allow what was decided. */
export function usedBy(grants: readonly Grant[], { principal, ...permission }: Decided): Grant[] {
  const question = questionOf(principal, permission);
  return grants.filter(
    ({ roleArn, statement }) =>
      roleArn === principal.roleArn && evaluate([statement], question) === 'allowed',
  );
}
