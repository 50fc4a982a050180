/** What is watched: names that are told, shown, alarmed and explained are the same ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ANNOUNCED_HEADINGS } from '../../core/announcements.ts';
import { DEAD_LETTER_QUEUES } from '../../core/dead-letters.ts';
import { METRICS, type MetricName, metric } from '../../core/metrics/metrics.ts';
import { synthesized, text } from '../support/assembly.ts';

const entries = Object.entries(synthesized().Resources);
const ofType = (type: string) => entries.filter(([, { Type }]) => Type === type);
const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const runbook = read('docs/runbook.md');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-'),
);
const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const [[, dashboard] = []] = ofType('AWS::CloudWatch::Dashboard');
const { widgets } = JSON.parse(text(dashboard?.Properties.DashboardBody)) as {
  widgets: { type: string; properties: { title?: string; metrics?: unknown[][]; markdown?: string } }[];
};

/** A metric of a widget: `["Belay", "Releases", "Verdict", "failed", {…}]`; "." stands for what is above. */
function shown(): { namespace: string; name: string; dimensions: string[] }[] {
  return widgets.flatMap(({ properties: { metrics = [] } }) => {
    let above: unknown[] = [];
    return metrics.map((row) => {
      const own = row.filter((one) => typeof one === 'string');
      above = own.map((one, index) => (one === '.' ? above[index] : one));
      const [namespace = '', name = '', ...dimensions] = above as string[];
      return { namespace, name, dimensions };
    });
  });
}

/** What an alarm looks at, each metric by namespace and name. */
const watchedBy = (alarm: Record<string, never>): string[] => {
  const { Metrics = [], Namespace, MetricName: name } = alarm;
  const many = (Metrics as { MetricStat?: { Metric: { Namespace: string; MetricName: string } } }[]).flatMap(
    ({ MetricStat }) =>
      MetricStat ? [`${MetricStat.Metric.Namespace} ${MetricStat.Metric.MetricName}`] : [],
  );
  return Namespace === undefined ? many : [`${Namespace} ${name}`];
};

describe('alarms', () => {
  test('these and no others, each over one metric: an account’s first ten cost nothing', () => {
    const looked = Object.fromEntries(
      alarms.map((alarm) => [alarm.AlarmName, watchedBy(alarm as never).length]),
    );
    expect(looked).toEqual({
      'belay-environment-broken': 1,
      'belay-apply-too-long': 1,
      'belay-release-missing': 1,
      'belay-approval-waits': 1,
      'belay-dead-letters': 1,
      'belay-webhook-fails': 1,
      'belay-functions-fail': 1,
      'belay-sweep-silent': 1,
      'belay-github-late': 1,
      'belay-github-budget': 1,
    });
  });

  test.each(alarms.map(({ AlarmName, AlarmDescription }) => [AlarmName, AlarmDescription]))(
    '%s says what to do, under a heading that the runbook has and lists',
    (name, description) => {
      const [, heading] = /What to do: docs\/runbook\.md#(\S+)$/.exec(description) ?? [];
      expect(headings).toContain(heading);
      expect(runbook).toContain(`| \`${name}\` |`);
      expect(runbook.split('\n').find((line) => line.includes(`| \`${name}\` |`))).toContain(`(#${heading})`);
    },
  );

  test('the runbook lists no alarm that is not there', () => {
    const listed = [...runbook.matchAll(/^\| `(belay-[a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(alarms.map(({ AlarmName }) => AlarmName).sort());
  });

  test('silence is no trouble, but of the sweep', () => {
    const breaching = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching');
    expect(breaching.map(({ AlarmName, TreatMissingData }) => [AlarmName, TreatMissingData])).toEqual([
      ['belay-sweep-silent', 'breaching'],
    ]);
  });

  test('they tell both topics, and are told of by nobody else', () => {
    const topics = ofType('AWS::SNS::Topic').map(([id]) => `<${id}>`);
    expect(topics).toHaveLength(2);
    for (const { AlarmActions } of alarms) expect(AlarmActions.map(text)).toEqual(topics);
  });

  test('dead letters: the sweep looks into every queue but the one that is worked from, and may', () => {
    const names = ofType('AWS::SQS::Queue').map(([, { Properties }]) => Properties.QueueName);
    expect(names.sort()).toEqual([...DEAD_LETTER_QUEUES, 'belay-status.fifo'].sort());
    const allowed = ofType('AWS::IAM::Policy')
      .filter(([id]) => id.startsWith('FunctionsSweep'))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .find(({ Action }) => Action === 'sqs:GetQueueAttributes');
    const looked = allowed?.Resource.map((arn: unknown) => text(arn).split(':').at(-1));
    expect(looked.sort()).toEqual([...DEAD_LETTER_QUEUES].sort());
  });

  test('how much is too much', () => {
    const limits = alarms.map(({ AlarmName, Threshold, ComparisonOperator, EvaluationPeriods, Period }) => [
      AlarmName,
      `${ComparisonOperator} ${Threshold}`,
      `${EvaluationPeriods} x ${Period}`,
    ]);
    const [atLeast, below] = ['GreaterThanOrEqualToThreshold', 'LessThanThreshold'];
    expect(limits).toEqual([
      ['belay-environment-broken', `${atLeast} 1`, '1 x 1800'],
      ['belay-apply-too-long', `${atLeast} 7200`, '1 x 1800'],
      ['belay-release-missing', `${atLeast} 1`, '2 x 1800'],
      ['belay-approval-waits', `${atLeast} 28800`, '1 x 1800'],
      ['belay-dead-letters', `${atLeast} 1`, '1 x 1800'],
      ['belay-webhook-fails', `${atLeast} 1`, '1 x 300'],
      ['belay-functions-fail', `${atLeast} 3`, '1 x 900'],
      ['belay-sweep-silent', `${below} 1`, '1 x 3600'],
      ['belay-github-late', `${atLeast} 1800`, '1 x 900'],
      ['belay-github-budget', `${below} 1`, '2 x 900'],
    ]);
  });
});

/** As Lambda writes them in its text format. */
const FAILURES = [
  '2026-11-21T22:00:00.000Z\t1f2e\tERROR\tInvoke Error \t{"errorType":"Error"}',
  '2026-11-21T22:00:00.000Z\tundefined\tERROR\tUncaught Exception \t{"errorType":"Error"}',
  '2026-11-21T22:00:00.000Z\t1f2e\tERROR\tUnhandled Promise Rejection \t{"errorType":"Error"}',
  'RequestId: 1f2e Error: Runtime exited with error: exit status 1',
  '2026-11-21T22:00:00.000Z 1f2e Task timed out after 60.00 seconds',
];

describe('metrics', () => {
  const own = shown().filter(({ namespace }) => namespace === 'Belay');

  test('every one that is told is shown, every one that is shown is told', () => {
    expect([...new Set(own.map(({ name }) => name))].sort()).toEqual(Object.keys(METRICS).sort());
    for (const { name, dimensions } of own) {
      const { dimension } = metric(name as MetricName);
      if (dimension === undefined) expect(dimensions).toEqual([]);
      else
        expect([dimension.name, dimension.values.includes(dimensions[1] ?? '')]).toEqual([
          dimensions[0],
          true,
        ]);
    }
  });

  test('alarms look at nothing of ours that is not told', () => {
    const watched = alarms
      .flatMap((alarm) => watchedBy(alarm as never))
      .filter((one) => one.startsWith('Belay '));
    for (const one of watched) expect(Object.keys(METRICS)).toContain(one.slice('Belay '.length));
  });

  test('docs/observability.md lists each with its unit and dimension', () => {
    const rows = [...read('docs/observability.md').matchAll(/^\| `(\w+)` \| (\w+) \| (\w*) ?\|/gm)];
    const listed = rows.map(([, name, unit, dimension]) => [name, unit, dimension]);
    const told = (Object.keys(METRICS) as MetricName[]).map((name) => {
      const { unit, dimension } = metric(name);
      return [name, unit, dimension?.name ?? ''];
    });
    expect(listed).toEqual(told);
  });

  test('the dashboard stays within what an account has for nothing: 50 metrics', () => {
    const distinct = new Set(shown().map((one) => JSON.stringify(one)));
    expect(distinct.size).toBeLessThanOrEqual(50);
  });

  test('failed invocations are counted in the log of every function', () => {
    const filters = ofType('AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties);
    const functions = ofType('AWS::Lambda::Function');
    expect(filters).toHaveLength(functions.length);
    for (const { MetricTransformations, FilterPattern } of filters) {
      // A default would be told, and paid for, while nothing happens.
      expect(MetricTransformations).toEqual([
        { MetricName: 'FunctionErrors', MetricNamespace: 'Belay', MetricValue: '1' },
      ]);
      expect(FilterPattern).toBe(
        '%^[A-Z0-9].*Invoke.Error|^[A-Z0-9].*Uncaught.Exception|^[A-Z0-9].*Unhandled.Promise.Rejection|^[A-Z0-9].*Runtime.exited|^[A-Z0-9].*Task.timed.out.after%',
      );
      const counted = new RegExp(FilterPattern.slice(1, -1));
      expect(FAILURES.filter((line) => !counted.test(line))).toEqual([]);
      expect(
        counted.test(
          '{"event":"verdict","reason":"2026-11-21T22:00:00Z 1f Task timed out after 60.00 seconds"}',
        ),
      ).toBe(false);
    }
  });
});

describe('the dashboard', () => {
  test('health comes first, then what waits, what runs, what comes in, the logs', () => {
    const titles = widgets.flatMap(({ properties: { markdown } }) => markdown?.match(/^## (.+)$/)?.[1] ?? []);
    expect(titles).toEqual(['Is it well?', 'What waits', 'What runs', 'What comes in', 'What the logs say']);
    const [, , first] = widgets;
    expect(first?.type).toBe('alarm');
  });

  test('it leads to the runbook and the machines', () => {
    const markdown = widgets[0]?.properties.markdown ?? '';
    expect(markdown).toContain('[Runbook](docs/runbook.md#what-woke-you)');
    expect(headings).toContain('what-woke-you');
    expect(markdown).toMatch(
      /\[Releases\]\(https:\/\/<AWS::Region>\S+statemachines\/view\/<ReleaseMachine\w+>\)/,
    );
  });
});

describe('messages to people', () => {
  const [, rule] = ofType('AWS::Events::Rule').find(([id]) => id.startsWith('NotificationsTold')) ?? [];

  test('every heading an announcement names is in the runbook', () => {
    for (const heading of ANNOUNCED_HEADINGS) expect(headings).toContain(heading);
  });

  test('what needs somebody is told, in the schema of Amazon Q Developer and in plain words', () => {
    expect(rule?.Properties.EventPattern).toEqual({
      source: ['belay.release'],
      'detail-type': ['Release announced'],
      detail: {
        kind: ['asks', 'failed', 'rolled-back', 'broken', 'refused'],
        operation: [{ 'anything-but': 'plan' }],
      },
    });
    const [chat, mail] = rule?.Properties.Targets ?? [];
    expect(JSON.parse(chat.InputTransformer.InputTemplate.replace(/(?<=[:[,])<([\w-]+)>/g, '"$1"'))).toEqual({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: 'detail-title',
        description: 'detail-text',
        nextSteps: ['Look at <detail-link>', 'What to do: docs/runbook.md#<detail-heading>'],
      },
      metadata: { threadId: 'detail-release-id' },
    });
    expect(mail.InputTransformer.InputTemplate.split('\n')).toEqual([
      '"<detail-title>"',
      '"<detail-text>"',
      '"<detail-link>"',
      '"What to do: docs/runbook.md#<detail-heading>"',
    ]);
  });

  test('the topics are encrypted, and only alarms of this account may publish and use the key for it', () => {
    for (const [, { Properties }] of ofType('AWS::SNS::Topic'))
      expect(text(Properties.KmsMasterKeyId)).toMatch(/^<StoresKey\w+\.Arn>$/);
    const ours = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
    for (const [, { Properties }] of ofType('AWS::SNS::TopicPolicy')) {
      const allowed = Properties.PolicyDocument.Statement.filter(
        ({ Effect }: { Effect: string }) => Effect === 'Allow',
      );
      expect(allowed).toEqual([
        expect.objectContaining({
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: ours,
        }),
      ]);
    }
    const [[, key] = []] = ofType('AWS::KMS::Key');
    const services = key?.Properties.KeyPolicy.Statement.filter(
      ({ Principal }: { Principal: { Service?: string } }) => Principal.Service !== undefined,
    );
    expect(services).toEqual([
      {
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Condition: ours,
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: '*',
      },
    ]);
  });
});
