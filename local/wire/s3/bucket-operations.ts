/** HeadBucket, GetBucketLocation and GetBucketVersioning. */
import type { WireResponse } from '../service.ts';
import { type S3Call, s3Arn, xmlResponse } from './call.ts';

/** HeadBucket. */
export async function headBucket(call: S3Call): Promise<WireResponse> {
  call.request.authorize({ action: 's3:ListBucket', resource: s3Arn(call.bucket) });
  return { status: 200, headers: { 'x-amz-bucket-region': call.request.region } };
}

/** GetBucketLocation: the twin's buckets are in whatever region the client signs for. */
export async function getBucketLocation(call: S3Call): Promise<WireResponse> {
  call.request.authorize({ action: 's3:GetBucketLocation', resource: s3Arn(call.bucket) });
  const { region } = call.request;
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  // us-east-1 is written as an empty element: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
  const text = region === 'us-east-1' ? '' : region;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="${namespace}">${text}</LocationConstraint>`;
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

/** GetBucketVersioning. */
export async function getBucketVersioning(call: S3Call): Promise<WireResponse> {
  call.request.authorize({ action: 's3:GetBucketVersioning', resource: s3Arn(call.bucket) });
  return xmlResponse('VersioningConfiguration', {
    Status: call.bucket.definition.versioned ? 'Enabled' : undefined,
  });
}
