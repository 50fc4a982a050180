/** Reads where people are told: topics. */
import { z } from 'zod';
import type { TopicDefinition } from './model.ts';
import type { Resolver } from './resolve.ts';
import { attributeOf, ignored, readAll } from './schema.ts';

const topicSchema = z.strictObject({
  DisplayName: ignored,
  KmsMasterKeyId: z.string().optional(),
  Tags: ignored,
  TopicName: ignored,
});

/** The topics; who has subscribed to them is left to AWS. */
export function readTopics(resolver: Resolver): TopicDefinition[] {
  return readAll(
    resolver,
    { type: 'AWS::SNS::Topic', schema: topicSchema },
    ({ KmsMasterKeyId }, resource) => ({
      arn: attributeOf(resolver, resource, 'TopicArn'),
      kmsKeyArn: KmsMasterKeyId,
    }),
  );
}
