/** The weekly look at the bases. */
import { expect, test } from '@jest/globals';
import { checkBases } from '../../../lambdas/image-build/check-bases.ts';
import { ORDER, world } from './world.ts';

const D = (digit: string) => `sha256:${digit.repeat(64)}`;
const moved = { newest: { 'lambda/nodejs:24': D('9') } };
const PATCHED = 'patched-999999999999-abcdefabcdef-arm64';

test('bases that are the newest are left alone', async () => {
  const { ports, started, told } = world({ newest: { 'lambda/nodejs:24': D('1') } });
  await checkBases(ORDER, 'week-1', ports);
  expect([started, told]).toEqual([[], []]);
});

test('with a newer base the image is built beside the one that runs, and people are told', async () => {
  const { ports, started, told } = world(moved);
  await checkBases(ORDER, 'week-1', ports);
  const bases = { BASE_IMAGE: `public.ecr.aws/lambda/nodejs:24@${D('9')}` };
  expect(started).toEqual([{ order: { ...ORDER, bases, tag: PATCHED }, token: 'week-1' }]);
  expect(told).toMatchObject([
    { repository: 'belay-lambdas', tag: PATCHED, moved: [`BASE_IMAGE: ${D('1')} → ${D('9')}`] },
  ]);
});

test('the week after it is not built again; people are told again, as long as nobody deploys', async () => {
  const { ports, started, told } = world({ ...moved, tags: [PATCHED] });
  await checkBases(ORDER, 'week-2', ports);
  expect([started.length, told.length]).toEqual([0, 1]);
});

test('what does not build with the newest bases is an error, and nobody is told to deploy it', async () => {
  const { ports, told } = world({ ...moved, looks: ['failed'] });
  await expect(checkBases(ORDER, 'week-1', ports)).rejects.toThrow('exit status 1');
  expect(told).toEqual([]);
});
