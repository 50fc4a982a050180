/** Serves the custom resource: whatever happens, CloudFormation gets exactly one answer, so that no stack hangs. */
import {
  type CloudFormationRequest,
  cloudFormationRequestSchema,
  imageOrderSchema,
} from '../../core/contracts/image-build.ts';
import { ensureImage, type ImageBuildPorts } from './ensure-image.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

export interface AnswerPorts extends ImageBuildPorts {
  /** Rejects when CloudFormation could not be reached, after several tries. */
  readonly send: (url: string, answer: Answer) => Promise<void>;
}

/** An answer may have 4,096 bytes; the rest of it stays below 1,000. */
const REASON_LIMIT = 3000;

/**
 * Create and Update (also the Update of a rollback, with the old properties) need the image; Delete needs nothing: images go with
 * their repository. The physical id never changes, because another one would make CloudFormation delete "the old resource".
 */
export async function answerCloudFormation(event: unknown, ports: AnswerPorts): Promise<void> {
  const request = cloudFormationRequestSchema.parse(event);
  const { StackId, RequestId, LogicalResourceId } = request;
  const PhysicalResourceId = request.PhysicalResourceId ?? `image-${LogicalResourceId}`;
  const outcome = await serve(request, ports).then(
    (Reason) => ({ Status: 'SUCCESS', Reason }) as const,
    (error: unknown) => ({ Status: 'FAILED', Reason: messageOf(error).slice(0, REASON_LIMIT) }) as const,
  );
  await ports.send(request.ResponseURL, {
    ...outcome,
    PhysicalResourceId,
    StackId,
    RequestId,
    LogicalResourceId,
  });
}

async function serve(request: CloudFormationRequest, ports: ImageBuildPorts): Promise<string> {
  if (request.RequestType === 'Delete') return 'images go with their repository';
  const order = imageOrderSchema.parse(request.ResourceProperties);
  const how = await ensureImage(order, request.RequestId, ports);
  return how === 'built' ? 'the image was built' : 'the image was there already';
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
