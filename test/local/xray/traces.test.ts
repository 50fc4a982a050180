import { createSocket } from 'node:dgram';
import { expect, test } from '@jest/globals';
import type { ExecutionRecord } from '../../../local/asl/record.ts';
import { executionSegment } from '../../../local/xray/aws-segments.ts';
import { startDaemon } from '../../../local/xray/daemon.ts';
import { Traces } from '../../../local/xray/traces.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from '../world/small-stack.ts';

const TRACE = '1-6b014f80-bd862e3fe1be46a994272793';
const NOW = Date.parse('2026-11-21T08:00:10Z');
const segment = {
  name: 'belay plan',
  id: '70de5b6f19ff9a0a',
  trace_id: TRACE,
  start_time: 1795248001.5,
  end_time: 1795248009,
};

test('segments are kept by their trace, also for the next twin', () => {
  const folder = temporaryFolder('xray');
  new Traces(folder).put(segment, NOW);
  const traces = new Traces(folder);
  traces.put({ ...segment, id: '70de5b6f19ff9a0b', in_progress: true, end_time: undefined }, NOW);
  expect(traces.of(TRACE).map(({ id }) => id)).toEqual(['70de5b6f19ff9a0a', '70de5b6f19ff9a0b']);
  expect(traces.of('1-6b014f80-000000000000000000000000')).toEqual([]);
});

test.each([
  ['a name with other characters', { name: 'plan?' }],
  ['no end', { end_time: undefined }],
  ['an end before the start', { end_time: 1795248000 }],
  ['an id of another kind', { id: '70DE5B6F19FF9A0A' }],
  ['a trace id of another kind', { trace_id: '1-6b014f80' }],
  ['an annotation X-Ray cannot index', { annotations: { 'a-b': 'c' } }],
  ['a field that is none', { duration: 7 }],
  ['a part without a name', { subsegments: [{ id: '70de5b6f19ff9a0b', start_time: 1, end_time: 2 }] }],
])('%s is refused', (_, change) => {
  const traces = new Traces(temporaryFolder('xray'));
  expect(() => traces.put({ ...segment, ...change }, NOW)).toThrow('X-Ray takes no such segment');
});

test('a trace takes segments for seven days', () => {
  const traces = new Traces(temporaryFolder('xray'));
  const week = 7 * 24 * 3600 * 1000;
  traces.put(segment, NOW - 10_000 + week);
  expect(() => traces.put(segment, NOW + week)).toThrow('a trace that is 604810 seconds old');
  expect(() => traces.put(segment, NOW - 3_600_000)).toThrow('a trace that is -3590 seconds old');
});

test('the daemon takes what the SDK sends, and complains about everything else', async () => {
  const traces = new Traces(temporaryFolder('xray'));
  const problems: string[] = [];
  const daemon = await startDaemon(traces, (problem) => problems.push(problem));
  const [host = '', port] = daemon.address.split(':');
  const client = createSocket('udp4');
  const send = (text: string) => client.send(text, Number(port), host);
  const began = Math.floor(Date.now() / 1000).toString(16);
  const trace = `1-${began}-bd862e3fe1be46a994272793`;
  send(`{"format":"json","version":1}\n${JSON.stringify({ ...segment, trace_id: trace })}`);
  await until(() => traces.of(trace).length === 1);
  send('{"format":"json","version":2}\n{}');
  send('{"format":"json","version":1}\n{"name":"x"}');
  await until(() => problems.length === 2);
  expect(problems[0]).toMatch(/^a segment was dropped: it does not begin with/);
  expect(problems[1]).toMatch(/^a segment was dropped: X-Ray takes no such segment/);
  client.close();
  await daemon.close();
});

const event = (id: number, second: number, type: string, name?: string) => ({
  ...{ id, previousEventId: id - 1, type },
  timestamp: new Date(NOW + second * 1000).toISOString(),
  ...(name && {
    [type.endsWith('Entered') ? 'stateEnteredEventDetails' : 'stateExitedEventDetails']: { name },
  }),
});

test('an execution is one segment, each visit of a state a part; without a trace it is none', () => {
  const record = {
    arn: 'arn:aws:states:eu-west-1:123456789012:execution:belay-release:one',
    stateMachineName: 'belay-release',
    status: 'FAILED',
    startDate: '2026-11-21T08:00:10.000Z',
    stopDate: '2026-11-21T08:00:20.000Z',
    traceHeader: `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=1`,
  } as ExecutionRecord;
  const history = [
    event(1, 0, 'ExecutionStarted'),
    event(2, 0, 'TaskStateEntered', 'Resolve the request'),
    event(3, 2, 'TaskStateExited', 'Resolve the request'),
    event(4, 2, 'ChoiceStateEntered', 'Is an environment left?'),
    event(5, 2, 'ChoiceStateExited', 'Is an environment left?'),
    event(6, 3, 'TaskStateEntered', 'Deploy the next environment'),
  ];
  const found = executionSegment(record, history);
  expect(found).toMatchObject({
    ...{ name: 'belay-release', origin: 'AWS::StepFunctions::StateMachine', fault: true },
    ...{ trace_id: TRACE, parent_id: '53995c3f42cd8ad8', start_time: 1795248010, end_time: 1795248020 },
    subsegments: [
      { name: 'Resolve the request', start_time: 1795248010, end_time: 1795248012 },
      { name: 'Is an environment left', start_time: 1795248012, end_time: 1795248012 },
      { name: 'Deploy the next environment', start_time: 1795248013, end_time: 1795248020 },
    ],
  });
  new Traces(temporaryFolder('xray')).put(found, NOW + 20_000);
  const { traceHeader: _, ...untraced } = record;
  expect(executionSegment(untraced, history)).toBeUndefined();
});
