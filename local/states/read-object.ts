/** The item source of a Distributed Map, `s3:getObject`: the text of one JSON object. */
import { z } from 'zod';
import { StatesError } from '../asl/errors.ts';
import type { Json } from '../asl/json.ts';
import { AwsError } from '../wire/errors.ts';
import { keyUse } from '../wire/kms.ts';
import { checkedArguments, type TaskContext } from './task-context.ts';

const argumentsSchema = z.strictObject({ Bucket: z.string(), Key: z.string() });

export async function readObject({ call, objects, place, require }: TaskContext): Promise<Json> {
  const { Bucket, Key } = checkedArguments(argumentsSchema, call);
  require('S3', { action: 's3:GetObject', resource: `arn:aws:s3:::${Bucket}/${Key}` });
  try {
    const { kmsKeyArn } = objects.bucket(Bucket).definition;
    if (kmsKeyArn !== undefined)
      require('S3', keyUse('s3', 'Decrypt', { key: kmsKeyArn, region: place.region }));
    const object = objects.get(Bucket, Key);
    if (object !== undefined) return object.body.toString('utf8');
  } catch (error) {
    if (error instanceof AwsError) throw new StatesError(`S3.${error.code}`, error.message);
    throw error;
  }
  throw new StatesError('S3.NoSuchKey', `The bucket ${Bucket} has no object ${Key}`);
}
