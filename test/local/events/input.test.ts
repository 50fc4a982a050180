import { expect, test } from '@jest/globals';
import { targetInput } from '../../../local/events/input.ts';

const event = {
  id: '1',
  'detail-type': 'push',
  detail: { sha: 'abc', title: 'say "hi"', files: ['a', 'b'], size: 2 },
};
const rule = { ruleArn: 'arn:rule', ruleName: 'pushes', ingestionTime: '2026-01-01T00:00:00Z' };
const transform = (InputTemplate: string, InputPathsMap: Record<string, string> = {}) =>
  targetInput({ InputTransformer: { InputPathsMap, InputTemplate } }, event, rule);

test('without any field the target gets the whole event', () => {
  expect(JSON.parse(targetInput({}, event, rule))).toEqual(event);
});

test('Input is handed over as it is written', () => {
  expect(targetInput({ Input: '{"sweep": true}' }, event, rule)).toBe('{"sweep": true}');
});

test('InputPath selects a part of the event', () => {
  expect(targetInput({ InputPath: '$.detail' }, event, rule)).toBe(
    '{"sha":"abc","title":"say \\"hi\\"","files":["a","b"],"size":2}',
  );
  expect(targetInput({ InputPath: '$.detail.files[1]' }, event, rule)).toBe('"b"');
  expect(targetInput({ InputPath: '$.detail-type' }, event, rule)).toBe('"push"');
});

test('a variable outside quotes is put in as JSON', () => {
  expect(transform('{"sha":<sha>,"files":<files>}', { sha: '$.detail.sha', files: '$.detail.files' })).toBe(
    '{"sha":"abc","files":["a","b"]}',
  );
});

test('a variable inside quotes is put in as text, and its quotes stay escaped', () => {
  expect(JSON.parse(transform('{"say":"<title>!"}', { title: '$.detail.title' }))).toEqual({
    say: 'say "hi"!',
  });
  expect(transform('"got <files>"', { files: '$.detail.files' })).toBe('"got [a,b]"');
});

test('a missing path leaves nothing in a text and null in JSON', () => {
  expect(transform('{"a":<x>,"b":"<x>"}', { x: '$.detail.none' })).toBe('{"a":null,"b":""}');
});

test('the reserved variables tell of the event and the rule', () => {
  expect(transform('{"rule":"<aws.events.rule-name>","event":<aws.events.event>}')).toBe(
    '{"rule":"pushes","event":{"id":"1","detail-type":"push"}}',
  );
  expect(JSON.parse(transform('<aws.events.event.json>'))).toEqual(event);
});

test('an unknown variable or an unsupported path is an error, not silence', () => {
  expect(() => transform('{"a":<nobody>}')).toThrow('<nobody>, which InputPathsMap does not define');
  expect(() => targetInput({ InputPath: '$..id' }, event, rule)).toThrow('The path $..id');
});
