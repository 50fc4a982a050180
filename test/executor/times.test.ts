/** What a job says of its own time when it signs off. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { jobTimesSchema } from '../../core/contracts/job-times.ts';
import { World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.open();
});
afterEach(() => world.close());

const files = { 'components/network/README.md': 'a component' };
const job = (commands: Record<string, string>, environment: Record<string, string> = {}) =>
  world.run({ stage: 'plan', files, environment, target: { tool: 'shell' as const, commands } });
const metadata = () => ({ ECS_CONTAINER_METADATA_URI_V4: `${world.endpoint}/metadata` });

test('its steps are told in their order, each within the job', async () => {
  await job({ plan: 'exit 2' });
  const times = jobTimesSchema.parse(world.times[0]);
  expect(times.steps.map(({ name }) => name)).toEqual(['begin', 'fetch', 'unpack', 'plan', 'keep']);
  expect(times.failed).toBe(false);
  expect(times.logBytes).toBeGreaterThan(100);
  for (const { startedAt, endedAt } of times.steps) {
    expect([times.startedAt, startedAt, endedAt, times.endedAt].toSorted()).toEqual([
      times.startedAt,
      startedAt,
      endedAt,
      times.endedAt,
    ]);
  }
  // Nobody has told it of Fargate.
  expect(times).not.toHaveProperty('pull');
  expect(times).not.toHaveProperty('size');
});

test('a job that fails tells its time as well', async () => {
  await job({ plan: 'exit 1' });
  expect(world.times[0]).toMatchObject({ failed: true });
  expect(world.times[0]?.steps.map(({ name }) => name)).toEqual(['begin', 'fetch', 'unpack', 'plan', 'keep']);
});

test('what Fargate says of pull and size is told', async () => {
  world.metadata = {
    Limits: { CPU: 1, Memory: 2048 },
    EphemeralStorageMetrics: { Utilized: 261, Reserved: 30720 },
    PullStartedAt: '2026-11-21T08:00:20.125842742Z',
    PullStoppedAt: '2026-11-21T08:00:35.9Z',
  };
  await job({ plan: 'exit 0' }, metadata());
  expect(world.times[0]).toMatchObject({
    pull: { startedAt: '2026-11-21T08:00:20.125Z', endedAt: '2026-11-21T08:00:35.900Z' },
    size: { vcpu: 1, memory: 2, storage: 30 },
  });
});

test.each([{}, { Limits: { CPU: 'all', Memory: 0 }, PullStartedAt: 'soon', PullStoppedAt: 7 }])(
  'where Fargate says nothing of use (%j) nothing is made up',
  async (answer) => {
    world.metadata = answer;
    const { code } = await job({ plan: 'exit 0' }, metadata());
    expect(code).toBe(0);
    expect(Object.keys(world.times[0] ?? {}).sort()).toEqual([
      'endedAt',
      'failed',
      'logBytes',
      'startedAt',
      'steps',
    ]);
  },
);
