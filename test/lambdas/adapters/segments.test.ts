import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let daemon: Socket;
let xray: typeof import('../../../lambdas/adapters/segments.ts');

beforeAll(async () => {
  daemon = createSocket('udp4');
  daemon.bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  // The SDK reads it when it is loaded.
  process.env.AWS_XRAY_DAEMON_ADDRESS = `127.0.0.1:${daemon.address().port}`;
  xray = await import('../../../lambdas/adapters/segments.ts');
});
afterAll(() => {
  delete process.env.AWS_XRAY_DAEMON_ADDRESS;
  daemon.close();
});

const segment = {
  name: 'belay plan',
  startedAt: new Date('2026-11-21T08:00:00.000Z'),
  endedAt: new Date('2026-11-21T08:00:09.500Z'),
  trace: { root: '1-6b014f80-bd862e3fe1be46a994272793', parent: '53995c3f42cd8ad8' },
  parts: [
    {
      name: 'init',
      startedAt: new Date('2026-11-21T08:00:01.000Z'),
      endedAt: new Date('2026-11-21T08:00:04.250Z'),
    },
  ],
  failed: true,
  annotations: { release: '20261121-1a2b3c4-1' },
};

async function sent(one: Parameters<ReturnType<typeof xray.xraySegments>['send']>[0]) {
  const message = once(daemon, 'message');
  await xray.xraySegments().send(one);
  const [text] = (await message) as [Buffer];
  const [head = '', body = ''] = text.toString('utf8').split('\n');
  return { head: JSON.parse(head), body: JSON.parse(body) };
}

test('a segment goes to the daemon as a segment document', async () => {
  const { head, body } = await sent({ ...segment, id: '70de5b6f19ff9a0a' });
  expect(head).toEqual({ format: 'json', version: 1 });
  expect(body).toMatchObject({
    name: 'belay plan',
    id: '70de5b6f19ff9a0a',
    trace_id: '1-6b014f80-bd862e3fe1be46a994272793',
    parent_id: '53995c3f42cd8ad8',
    start_time: 1795248000,
    end_time: 1795248009.5,
    fault: true,
    annotations: { release: '20261121-1a2b3c4-1' },
    subsegments: [{ name: 'init', start_time: 1795248001, end_time: 1795248004.25 }],
  });
  expect(body).not.toHaveProperty('in_progress');
  expect(body.subsegments[0]).not.toHaveProperty('in_progress');
});

test('one that goes on from another trace names it', async () => {
  const trace = {
    root: '1-6b014f80-000000000000000000000001',
    continues: '1-69f00000-000000000000000000000002',
  };
  const { body } = await sent({ ...segment, trace });
  expect(body.trace_id).toBe('1-6b014f80-000000000000000000000001');
  expect(body.annotations.continues).toBe('1-69f00000-000000000000000000000002');
  expect(body).not.toHaveProperty('parent_id');
  expect(body.id).toMatch(/^[0-9a-f]{16}$/);
});

test('what cannot be sent is said, and fails nothing', async () => {
  const said: unknown[] = [];
  await xray
    .xraySegments((event, facts) => said.push([event, facts?.name]))
    .send({ ...segment, startedAt: undefined as never });
  expect(said).toEqual([['segment not sent', 'belay plan']]);
});
