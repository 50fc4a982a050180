/** What keeps requests and records from being lost, as synthesized: dead letters, replay, recovery, retention, throttles; and that nothing needs a raised quota. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DELIVERY_TTL_SECONDS } from '../../core/ledger/release-items.ts';

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string | readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: properties of many resource types
  readonly Properties: Record<string, any>;
}

const cdkOut = join(import.meta.dirname, '../../cdk.out');
const read = (file: string) => JSON.parse(readFileSync(join(cdkOut, file), 'utf8'));
const templates = readdirSync(cdkOut).filter((name) => name.endsWith('.template.json'));
const resources: [string, Resource][] = templates.flatMap((file) =>
  Object.entries(read(file).Resources as Record<string, Resource>),
);
const ofType = (type: string) => resources.filter(([, { Type }]) => Type === type);
const one = (type: string): Resource => {
  const found = ofType(type);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${type}`);
  return found[0][1];
};
const queues = new Map(ofType('AWS::SQS::Queue').map(([id, { Properties }]) => [id, Properties]));
const nameOfQueue = (arn: { 'Fn::GetAtt': [string, string] }) => queues.get(arn['Fn::GetAtt'][0])?.QueueName;
const commandOf = (reference: { Ref?: string; 'Fn::GetAtt'?: [string, string] }) => {
  const id = reference.Ref ?? reference['Fn::GetAtt']?.[0];
  const properties = resources.find(([logical]) => logical === id)?.[1].Properties;
  return (properties?.ImageConfig?.Command[0] ?? properties?.Handler) as string | undefined;
};

describe('dead letters', () => {
  test('every hop has a queue of its own that keeps them for 14 days, and the runbook tells of each', () => {
    const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
    const dead = [...queues.values()].filter(({ QueueName }) => /dead-letters/.test(QueueName ?? ''));
    expect(dead.map(({ QueueName }) => QueueName).sort()).toEqual([
      'belay-command-dead-letters',
      'belay-event-dead-letters',
      'belay-expiry-dead-letters',
      'belay-image-dead-letters',
      'belay-notice-dead-letters',
      'belay-status-dead-letters.fifo',
      'belay-sweep-dead-letters',
    ]);
    for (const { QueueName, MessageRetentionPeriod } of dead) {
      expect(MessageRetentionPeriod).toBe(1_209_600);
      expect(runbook).toContain(`### \`${QueueName}\``);
    }
  });

  test('every target of a rule has one, and is tried for as long as it is of use', () => {
    const targets = ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.Targets);
    expect(targets.length).toBeGreaterThanOrEqual(13);
    const tried = targets.map(({ DeadLetterConfig, RetryPolicy }) =>
      [nameOfQueue(DeadLetterConfig.Arn), RetryPolicy.MaximumEventAgeInSeconds].join(' '),
    );
    expect([...new Set(tried)].sort()).toEqual([
      'belay-event-dead-letters 3600',
      'belay-event-dead-letters 86400',
      'belay-notice-dead-letters 86400',
      'belay-sweep-dead-letters 900',
    ]);
  });

  test('every schedule has one', () => {
    const schedules = ofType('AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties.Target);
    expect(schedules).toHaveLength(3);
    for (const { DeadLetterConfig, RetryPolicy } of schedules) {
      expect(nameOfQueue(DeadLetterConfig.Arn)).toBe('belay-image-dead-letters');
      expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 2 });
    }
  });

  test('what a function called without waiting failed with twice more is kept', () => {
    const kept = ofType('AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => [
      commandOf(Properties.FunctionName),
      nameOfQueue(Properties.DestinationConfig.OnFailure.Destination),
    ]);
    expect(kept.sort()).toEqual([
      ['command.handler', 'belay-command-dead-letters'],
      ['image-build.handler', 'belay-image-dead-letters'],
      ['sweep.handler', 'belay-sweep-dead-letters'],
    ]);
    // Whatever a rule calls is called without waiting.
    const called = ofType('AWS::Events::Rule')
      .flatMap(([, { Properties }]) => Properties.Targets)
      .map(({ Arn }) => commandOf(Arn))
      .filter(Boolean);
    expect([...new Set(called)].sort()).toEqual(['command.handler', 'sweep.handler']);
  });

  test('a status message is tried a thousand times, and no message is lost between queue and dead letters', () => {
    const [status] = [...queues.values()].filter(({ RedrivePolicy }) => RedrivePolicy);
    expect(status?.RedrivePolicy.maxReceiveCount).toBe(1000);
    expect(nameOfQueue(status?.RedrivePolicy.deadLetterTargetArn)).toBe('belay-status-dead-letters.fifo');
  });
});

test('the archive is replayed for a month, and what it replays is remembered for two weeks longer', () => {
  const { RetentionDays, EventPattern } = one('AWS::Events::Archive').Properties;
  expect(RetentionDays).toBe(30);
  expect(EventPattern).toEqual({ source: ['belay.webhook', 'belay.command'] });
  expect(DELIVERY_TTL_SECONDS / 86_400 - RetentionDays).toBeGreaterThanOrEqual(14);
});

describe('what holds records', () => {
  test('the table can be brought back to any second and cannot be deleted', () => {
    expect(one('AWS::DynamoDB::Table').Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  test.each([
    ['AWS::DynamoDB::Table', 'Retain'],
    // Empty ones that a failed first deployment has made go with it.
    ['AWS::S3::Bucket', 'RetainExceptOnCreate'],
    ['AWS::KMS::Key', 'RetainExceptOnCreate'],
  ])('%s stays when the stack goes, and when a change would replace it', (type, policy) => {
    const { DeletionPolicy, UpdateReplacePolicy } = one(type);
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual([policy, 'Retain']);
  });

  test('the bucket keeps replaced and removed objects for a year', () => {
    const { VersioningConfiguration, LifecycleConfiguration } = one('AWS::S3::Bucket').Properties;
    expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
    const rules = LifecycleConfiguration.Rules as Record<string, object>[];
    expect(rules.map((rule) => rule.NoncurrentVersionExpiration)).toContainEqual({ NoncurrentDays: 365 });
    // A current object never goes by rule: state and last good are among them.
    for (const rule of rules) expect(rule).not.toHaveProperty('ExpirationInDays');
  });

  test('no log is kept for ever or for less than three months', () => {
    const groups = ofType('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(0);
    for (const [id, { Properties }] of groups) {
      const { RetentionInDays: days } = Properties;
      expect([id, days >= 90 && days <= 400]).toEqual([id, true]);
    }
  });

  test('the stack is protected against deletion', () => {
    const { artifacts } = read('manifest.json');
    const stacks = Object.values(artifacts as Record<string, { type: string; properties?: object }>)
      .filter(({ type }) => type === 'aws:cloudformation:stack')
      .map(({ properties }) => properties);
    expect(stacks.length).toBeGreaterThan(0);
    for (const properties of stacks) expect(properties).toMatchObject({ terminationProtection: true });
  });
});

test('the endpoint is throttled, its pages more so, once the routes are there', () => {
  const { Properties, DependsOn } = one('AWS::ApiGatewayV2::Stage');
  expect(Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 200 });
  const page = { ThrottlingRateLimit: 2, ThrottlingBurstLimit: 10 };
  expect(Properties.RouteSettings).toEqual({ 'GET /set-up': page, 'GET /set-up/done': page });
  for (const [id, { Properties: route }] of ofType('AWS::ApiGatewayV2::Route'))
    if (Object.hasOwn(Properties.RouteSettings, route.RouteKey)) expect(DependsOn).toContain(id);
});

test('by default every address may deliver', () => {
  const [webhook] = ofType('AWS::Lambda::Function').filter(
    ([, { Properties }]) => Properties.ImageConfig?.Command[0] === 'webhook.handler',
  );
  expect(webhook?.[1].Properties.Environment.Variables.WEBHOOK_SOURCES).toBe('any');
});

describe('a new account with its quotas as they are (docs/quotas.md)', () => {
  test('no function reserves concurrency, and none takes more memory than new accounts give', () => {
    for (const [id, { Properties }] of ofType('AWS::Lambda::Function')) {
      expect([id, Properties]).not.toEqual([
        id,
        expect.objectContaining({ ReservedConcurrentExecutions: expect.anything() }),
      ]);
      expect(Properties.MemorySize ?? 128).toBeLessThanOrEqual(3008);
    }
    expect(ofType('AWS::Lambda::Version')).toEqual([]);
  });

  test('telling GitHub takes four of the ten functions that run at a time, at most', () => {
    expect(one('AWS::Lambda::EventSourceMapping').Properties.ScalingConfig).toEqual({
      MaximumConcurrency: 4,
    });
  });

  test('no job needs more than the six vCPUs of Fargate that an account begins with', () => {
    for (const [id, { Properties }] of ofType('AWS::Batch::JobDefinition')) {
      const needs = Properties.ContainerProperties.ResourceRequirements as { Type: string; Value: string }[];
      const cpus = needs.find(({ Type }) => Type === 'VCPU')?.Value;
      expect([id, Number(cpus) <= 6]).toEqual([id, true]);
    }
  });

  test('the template is well below what CloudFormation takes', () => {
    for (const file of templates) {
      const text = readFileSync(join(cdkOut, file));
      expect([file, Object.keys(read(file).Resources).length < 450]).toEqual([file, true]);
      expect([file, text.length < 900_000]).toEqual([file, true]);
    }
  });
});
