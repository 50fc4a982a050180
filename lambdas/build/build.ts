/** Before the plan of a component with `build`: is its image in the registry, and if not, how is it built? Called by the per-target flow. */
import type * as z from 'zod';
import { appProject, appRepository, appTag } from '../../core/app-image.ts';
import type { build as contract } from '../../core/contracts/functions.ts';
import { lastGoodDocumentSchema } from '../../core/contracts/last-good.ts';
import { deferred } from '../../core/deployment/planning.ts';
import { sourceKey } from '../../core/keys.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { turnItemSchema } from '../../core/ledger/work-items.ts';
import { IMAGE_INPUT } from '../../core/manifest/resolved.ts';
import type { Clock, ImageRegistry, Ledger, ObjectStore, StatusQueue } from '../ports.ts';
import { keepBuildTimes } from '../shared/build-times.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { readDocument, readReleaseDocument, readTree, sourceCommit } from '../shared/documents.ts';
import { readTargetItem } from '../shared/items.ts';
import { noteProgress, requireOutcome } from '../shared/outcome-item.ts';
import { addressOf } from '../shared/target-address.ts';
import { readWork } from '../shared/work.ts';

export interface BuildPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly status: StatusQueue;
  readonly clock: Clock;
  readonly registry: ImageRegistry;
  /** Host of the registry, in every image's name. */
  readonly host: string;
  /** Name of the artifacts bucket: builds read the snapshot from it. */
  readonly bucket: string;
}

type Input = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

const READY: Answer = { decision: 'ready' };

/**
 * The image's name is noted for `prepare`. A pull request builds nothing: what nobody has reviewed has no way into the registry.
 * @throws Error when the target was opened under another fence.
 */
export async function build(input: Input, ports: BuildPorts): Promise<Answer> {
  const { release, component, built, took } = input;
  const item = await requireOutcome(ports.ledger, input);
  if (took !== undefined) await keepBuildTimes(input, took, ports.ledger);
  // `prepare` ends these, and says why.
  if (item.refused !== undefined || item.deferred !== undefined) return READY;
  if ((await isBlocked(input, ports.ledger)) || (await cancellationOf(ports.ledger, input))) return READY;

  const document = await readReleaseDocument(ports.store, release);
  const { entry, source } = await readWork(input, { document, item }, ports.store);
  if (entry.build === undefined) return READY;
  const { context, dockerfile, local } = entry.build;
  const tree = (await readTree(ports.store, document)).idOf(context);
  if (tree === undefined)
    throw new Error(`building ${component}: ${context} is not in commit ${source.commit}`);
  const repository = appRepository(release.repository, component);
  const tag = appTag(tree, entry.build, entry.arch);
  const digest = await ports.registry.digestOf(repository, tag);
  if (digest !== undefined) return withImage(`${ports.host}/${repository}@${digest}`, false, input, ports);
  if (document.operation === 'plan') return onLastGood(input, ports);
  if (built) {
    const reason = `build failed: it succeeded, but pushed no image ${repository}:${tag}; see its log`;
    return { decision: 'end', outcome: 'failed', reason };
  }
  await ports.registry.ensureRepository(repository);
  const startedAt = item.startedAt ?? ports.clock.now().toISOString();
  await noteProgress(ports.ledger, input, { progress: 'building', startedAt });
  await ports.status.changed(release);
  const variables = Object.entries({
    SNAPSHOT: `s3://${ports.bucket}/${sourceKey(release.repository, sourceCommit(document))}`,
    CONTEXT: context,
    DOCKERFILE: dockerfile,
    REPOSITORY: repository,
    TAG: tag,
    ...(local !== undefined && { LOCAL_RUN: local.run }),
  });
  return {
    decision: 'build',
    project: appProject(entry.arch),
    variables: variables.map(([Name, Value]) => ({ Name, Value, Type: 'PLAINTEXT' })),
  };
}

async function withImage(
  reference: string,
  old: boolean,
  input: Input,
  { ledger }: BuildPorts,
): Promise<Answer> {
  await noteProgress(ledger, input, { image: { reference, old } });
  return READY;
}

/** A plan is made with the image that is deployed; without one it waits for the merge. */
async function onLastGood(input: Input, ports: BuildPorts): Promise<Answer> {
  const { lastGood } = await readTargetItem(ports.ledger, addressOf(input));
  const document = lastGood && (await readDocument(ports.store, lastGood.document, lastGoodDocumentSchema));
  const value = document?.inputs[IMAGE_INPUT]?.value;
  if (typeof value === 'string') return withImage(value, true, input, ports);
  return { decision: 'end', outcome: 'planned', reason: deferred([IMAGE_INPUT]) };
}

async function isBlocked(input: Input, ledger: Ledger): Promise<boolean> {
  const { repository, id } = input.release;
  const turn = turnItemSchema.parse(await ledger.get(ledgerKeys.turn(repository, id, input)));
  return turn.blockedBy !== undefined;
}
