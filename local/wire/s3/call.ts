/** What every S3 operation of the twin receives, and the small helpers they share. */
import { AwsError } from '../errors.ts';
import { keyUse } from '../kms.ts';
import type { WireRequest, WireResponse } from '../service.ts';
import { element, type XmlMembers } from '../xml.ts';
import type { Bucket, Versions } from './bucket.ts';
import type { ObjectStore } from './object-store.ts';

/** One S3 request, its bucket found; `key` is empty for operations on the bucket. */
export interface S3Call {
  readonly request: WireRequest;
  readonly store: ObjectStore;
  readonly bucket: Bucket;
  readonly key: string;
}

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An XML answer. */
export function xmlResponse(
  name: string,
  members: XmlMembers,
  headers: Record<string, string> = {},
): WireResponse {
  const body = element(name, members, namespace);
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** ARN of a bucket, or of an object in it. */
export function s3Arn(bucket: Bucket, key?: string): string {
  return `arn:aws:s3:::${bucket.definition.name}${key === undefined ? '' : `/${key}`}`;
}

/** Asks for a permission on the object, and on the bucket's KMS key when there is one. */
export function authorizeObject(call: S3Call, action: string, use?: 'Decrypt' | 'GenerateDataKey'): void {
  const { request, bucket, key } = call;
  request.authorize({ action, resource: s3Arn(bucket, key) });
  const { kmsKeyArn, bucketKey } = bucket.definition;
  if (use === undefined || kmsKeyArn === undefined) return;
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
  const context = { 'kms:EncryptionContext:aws:s3:arn': s3Arn(bucket, bucketKey ? undefined : key) };
  request.authorize(keyUse('s3', use, { key: kmsKeyArn, region: request.region, context }));
}

/** A request header as one text. */
export function header(call: S3Call, name: string): string | undefined {
  const value = call.request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** A query parameter; undefined when absent. */
export function parameter(call: S3Call, name: string): string | undefined {
  return call.request.query.get(name) ?? undefined;
}

/** An entity tag as clients send it, without its quotes. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, '$1');
}

/**
 * The answer for an object that is not there. As in AWS, a caller without s3:ListBucket may not learn that and is
 * denied: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function noSuchKey(call: S3Call, versions: Versions = []): AwsError {
  call.request.authorize({ action: 's3:ListBucket', resource: s3Arn(call.bucket) });
  const newest = versions[0];
  const marker = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': newest?.versionId ?? '' };
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404, {
    members: { Key: call.key },
    headers: newest?.deleteMarker ? marker : {},
  });
}
