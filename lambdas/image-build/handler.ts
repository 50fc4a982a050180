/** Lambda entry of `image-build`, a zip function because it builds the images of the others; called by CloudFormation and each week. */
import { setTimeout } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { BASES_MOVED, basesCheckSchema } from '../../core/contracts/image-build.ts';
import { codeBuilds, passing } from '../adapters/builds.ts';
import { sendAnswer } from '../adapters/cloud-formation.ts';
import { eventBus } from '../adapters/events.ts';
import { imageRegistry } from '../adapters/image-registry.ts';
import { newestDigest } from '../adapters/public-registry.ts';
import { answerCloudFormation } from './answer.ts';
import { type BasesMoved, checkBases } from './check-bases.ts';

/** Kept for stopping a build and for answering. */
const RESERVE_MS = 60_000;

const bus = eventBus('default');
const registry = imageRegistry();
const ports = {
  hasImage: async (repository: string, tag: string) =>
    (await passing(registry.digestOf(repository, tag))) !== undefined,
  builds: codeBuilds(),
  wait: (milliseconds: number) => setTimeout(milliseconds),
  send: sendAnswer,
  newestDigest,
  tell: (detail: BasesMoved) => bus.publish({ ...BASES_MOVED, detail }),
};

export async function handler(event: unknown, context: Context): Promise<void> {
  const timeLeft = () => context.getRemainingTimeInMillis() - RESERVE_MS;
  const check = basesCheckSchema.safeParse(event);
  if (check.success) await checkBases(check.data.checkBases, context.awsRequestId, { ...ports, timeLeft });
  else await answerCloudFormation(event, { ...ports, timeLeft });
}
