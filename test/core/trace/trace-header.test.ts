import { expect, test } from '@jest/globals';
import { readTraceHeader, traceAt, traceHeader } from '../../../core/trace/trace-header.ts';

// 2016-06-09T22:11:20Z, an example of AWS's documentation.
const PLACE = { root: '1-5759e988-bd862e3fe1be46a994272793', parent: '53995c3f42cd8ad8' };
const HEADER = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
const BEGAN = Date.parse('2016-06-09T22:11:20Z');
const DAY = 24 * 3600 * 1000;

test('a header is written and read', () => {
  expect(traceHeader(PLACE)).toBe(HEADER);
  expect(readTraceHeader(HEADER)).toEqual(PLACE);
});

test.each([
  '',
  'Root=1-5759e988-bd862e3fe1be46a994272793',
  `${HEADER};Self=1`,
  HEADER.replace('Sampled=1', 'Sampled=0'),
  HEADER.replace('1-5759', '1-575g'),
  `${HEADER}\n`,
])('%j is none of ours', (text) => {
  expect(readTraceHeader(text)).toBeUndefined();
});

test('while X-Ray takes it, a change has one trace', () => {
  expect(traceAt(PLACE, new Date(BEGAN))).toEqual(PLACE);
  expect(traceAt(PLACE, new Date(BEGAN + 6 * DAY - 1))).toEqual(PLACE);
});

test('what comes later is in a trace of its own that names the first one, and all who come later meet in it', () => {
  const later = traceAt(PLACE, new Date(BEGAN + 6 * DAY));
  expect(later.continues).toBe(PLACE.root);
  expect(later.parent).toBeUndefined();
  // 2016-06-15T22:11:20Z: as old as its first segment, so X-Ray takes it.
  expect(later.root.slice(0, 10)).toBe('1-5761d288');
  expect(later.root).toMatch(/^1-5761d288-[0-9a-f]{24}$/);
  expect(traceAt(PLACE, new Date(BEGAN + 11 * DAY)).root).toBe(later.root);
  expect(traceAt({ ...PLACE, parent: '0000000000000001' }, new Date(BEGAN + 7 * DAY)).root).toBe(later.root);
  const other = { ...PLACE, root: '1-5759e988-bd862e3fe1be46a994272794' };
  expect(traceAt(other, new Date(BEGAN + 7 * DAY)).root).not.toBe(later.root);
  expect(traceAt(PLACE, new Date(BEGAN + 12 * DAY)).root).not.toBe(later.root);
});

test('a clock that runs behind is no reason for another trace', () => {
  expect(traceAt(PLACE, new Date(BEGAN - 5000))).toEqual(PLACE);
});
