/** Segment documents as X-Ray takes them; everything else is an error here. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
import { z } from 'zod';

/** https://docs.aws.amazon.com/general/latest/gr/xray.html#limits_xray */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

const name = z.string().regex(/^[\p{L}\p{N}\s_.:/%&#=+\\\-@]{1,200}$/u);
const id = z.string().regex(/^[0-9a-f]{16}$/);
export const traceIdSchema = z.string().regex(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);

const common = {
  name,
  id,
  /** Seconds since 1970. */
  start_time: z.number().positive(),
  error: z.literal(true).optional(),
  fault: z.literal(true).optional(),
  annotations: z
    .record(z.string().regex(/^\w{1,500}$/), z.union([z.string().max(1000), z.number(), z.boolean()]))
    .refine((all) => Object.keys(all).length <= 50, 'more than 50 annotations')
    .optional(),
};
const isOrdered = (span: { start_time: number; end_time?: number | undefined }) =>
  span.end_time === undefined || span.end_time >= span.start_time;

const subsegmentSchema = z
  .strictObject({
    ...common,
    end_time: z.number(),
    counter: z.number().optional(),
    notTraced: z.literal(false).optional(),
  })
  .refine(isOrdered, 'it ends before it starts');

/** `in_progress` instead of `end_time` says that it has not ended. */
export const segmentDocumentSchema = z
  .strictObject({
    ...common,
    trace_id: traceIdSchema,
    parent_id: id.optional(),
    end_time: z.number().optional(),
    in_progress: z.literal(true).optional(),
    /** `AWS::Lambda::Function`, …: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields */
    origin: z.string().optional(),
    subsegments: z.array(subsegmentSchema).optional(),
  })
  .refine(
    (one) => (one.end_time === undefined) === (one.in_progress === true),
    'either end_time or in_progress',
  )
  .refine(isOrdered, 'it ends before it starts');
export type SegmentDocument = z.infer<typeof segmentDocumentSchema>;
