/** The contract of `image-build`, which builds Belay's own images while the stack is deployed and looks after their bases each week. */
import * as z from 'zod';

/** One image to be built. CloudFormation hands on all properties as text, and its own `ServiceToken` with them. */
export const imageOrderSchema = z.object({
  /** The CodeBuild project that builds it. */
  project: z.string().min(1),
  /** Name of the ECR repository. */
  repository: z.string().min(1),
  repositoryUri: z.string().min(1),
  tag: z.string().min(1),
  /** Where in S3 the zipped build context lies: `<bucket>/<key>`. */
  location: z.string().min(1),
  /** Build argument → image by digest. */
  bases: z.record(z.string(), z.string()),
});
export type ImageOrder = z.infer<typeof imageOrderSchema>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html */
export const cloudFormationRequestSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: z.record(z.string(), z.unknown()),
});
export type CloudFormationRequest = z.infer<typeof cloudFormationRequestSchema>;

/** What the weekly schedule sends. */
export const basesCheckSchema = z.object({ checkBases: imageOrderSchema });

/** On the default bus, for the rule that tells people: newer bases are there and the image was built with them. */
export const BASES_MOVED = { source: 'belay.images', detailType: 'Base images have moved' } as const;
