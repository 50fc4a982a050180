/** What rules deliver to, each under the permission EventBridge needs for it. Used by `bus.ts`. */
import type { Assembly, RuleDefinition, TargetDefinition } from '../assembly/model.ts';
import { allowsService } from '../iam/evaluate.ts';
import { globMatches } from '../iam/glob.ts';
import { keyUse } from '../wire/kms.ts';
import type { Principals } from '../wire/principals.ts';
import type { Authorize, Permission } from '../wire/service.ts';

/** The parts of the world that rules can deliver to. */
export interface TargetServices {
  readonly startExecution: (stateMachineArn: string, input: string, traceHeader?: string) => void;
  readonly invokeFunction: (functionArn: string, payload: string, traceHeader?: string) => Promise<unknown>;
  readonly sendMessage: (queueArn: string, body: string, messageGroupId: string | undefined) => void;
  readonly notify: (topicArn: string, message: string) => void;
}

export interface TargetOptions {
  readonly assembly: Assembly;
  readonly services: TargetServices;
  readonly principals: Principals;
  readonly authorize: Authorize;
}

const EVENTS = 'events.amazonaws.com';

/** Hands over one input; rejects when the target or EventBridge's permission to reach it is missing. */
export async function deliver(
  { assembly, services, principals, authorize }: TargetOptions,
  rule: RuleDefinition,
  {
    target,
    input,
    traceHeader,
  }: { target: TargetDefinition; input: string; traceHeader?: string | undefined },
): Promise<void> {
  const [, , service = ''] = target.arn.split(':');
  const may = (permission: Permission) => {
    if (target.roleArn === undefined)
      throw new Error(`the target ${target.arn} has no role to be reached with`);
    const principal = principals.openSession(target.roleArn, { sessionName: rule.name.slice(0, 64) });
    const refusal = authorize({ principal, ...permission });
    principals.revoke(principal.credentials.accessKeyId);
    if (refusal === undefined) return;
    const { action, resource } = permission;
    throw new Error(`${target.roleArn} may not ${action} ${resource}: ${refusal}`);
  };
  switch (service) {
    case 'states':
      may({ action: 'states:StartExecution', resource: target.arn });
      services.startExecution(target.arn, input, traceHeader);
      return;
    case 'lambda':
      requireInvokePermission(assembly, rule, target.arn);
      await services.invokeFunction(target.arn, input, traceHeader);
      return;
    case 'sqs':
      requireQueuePolicy(assembly, rule, target.arn);
      services.sendMessage(target.arn, input, target.messageGroupId);
      return;
    case 'sns':
      may({ action: 'sns:Publish', resource: target.arn });
      // Whoever publishes encrypts: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      for (const key of keysOf(assembly, target.arn))
        for (const use of ['GenerateDataKey', 'Decrypt'] as const)
          may(keyUse('sns', use, { key, region: assembly.place.region }));
      services.notify(target.arn, input);
      return;
    default:
      throw new Error(`the twin delivers no events to ${target.arn}`);
  }
}

const keysOf = ({ topics }: Assembly, topicArn: string): string[] =>
  topics.filter(({ arn }) => arn === topicArn).flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []);

/** The queue's policy must let EventBridge in for this rule; dead-letter queues need it too. */
export function requireQueuePolicy(assembly: Assembly, rule: RuleDefinition, queueArn: string): void {
  const queue = assembly.queues.find(({ arn }) => arn === queueArn);
  const context = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': assembly.place.account };
  const question = { action: 'sqs:SendMessage', resource: queueArn, context };
  if (queue !== undefined && allowsService(queue.policy, EVENTS, question)) return;
  throw new Error(`the policy of ${queueArn} does not let ${EVENTS} send for ${rule.arn}`);
}

function requireInvokePermission(assembly: Assembly, rule: RuleDefinition, functionArn: string): void {
  const permitted = assembly.invokePermissions.some(
    (permission) =>
      permission.functionArn === functionArn &&
      permission.principal === EVENTS &&
      (permission.sourceArn === undefined || globMatches(permission.sourceArn, rule.arn)),
  );
  if (!permitted) throw new Error(`no permission lets ${EVENTS} invoke ${functionArn} for ${rule.arn}`);
}
