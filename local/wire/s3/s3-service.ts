/** S3 for the gateway: finds the operation of a path-style request and refuses whatever the twin does not act on. */
import { AwsError, notServed } from '../errors.ts';
import type { Service, WireRequest, WireResponse } from '../service.ts';
import { getBucketLocation, getBucketVersioning, headBucket } from './bucket-operations.ts';
import type { S3Call } from './call.ts';
import { deleteObjects } from './delete-objects.ts';
import { listObjectsV2, listObjectVersions } from './list-operations.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
} from './multipart-operations.ts';
import { copyObject, deleteObject, getObject, putObject } from './object-operations.ts';
import type { ObjectStore } from './object-store.ts';

/** An operation, how its requests look, and all they may contain. */
interface S3Operation {
  readonly name: string;
  readonly on: 'bucket' | 'object';
  readonly method: string;
  /** Query parameter or header that tells it from others of the same method. */
  readonly marker?: string;
  /** Further query parameters. */
  readonly parameters?: readonly string[];
  /** Conditional and `x-amz-` headers; one that ends in `-` stands for all that begin so. */
  readonly headers?: readonly string[];
  readonly run: (call: S3Call) => Promise<WireResponse>;
}

const writeHeaders = [
  'if-match',
  'if-none-match',
  'x-amz-meta-',
  'x-amz-checksum-',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-server-side-encryption-context',
];
const readHeaders = ['if-match', 'if-none-match', 'range', 'x-amz-checksum-mode'];
const responseOverrides = ['type', 'disposition', 'encoding', 'language'].map(
  (name) => `response-content-${name}`,
);
const readParameters = ['versionId', 'response-cache-control', 'response-expires', ...responseOverrides];
const listParameters = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const checksums = ['x-amz-checksum-'];

/** The first that fits a request is its operation: those with a marker stand before the plain ones. */
const operations: readonly S3Operation[] = [
  {
    name: 'ListObjectsV2',
    on: 'bucket',
    method: 'GET',
    marker: 'list-type',
    parameters: [...listParameters, 'continuation-token', 'start-after'],
    run: listObjectsV2,
  },
  {
    name: 'ListObjectVersions',
    on: 'bucket',
    method: 'GET',
    marker: 'versions',
    parameters: [...listParameters, 'key-marker'],
    run: listObjectVersions,
  },
  { name: 'GetBucketLocation', on: 'bucket', method: 'GET', marker: 'location', run: getBucketLocation },
  {
    name: 'GetBucketVersioning',
    on: 'bucket',
    method: 'GET',
    marker: 'versioning',
    run: getBucketVersioning,
  },
  { name: 'HeadBucket', on: 'bucket', method: 'HEAD', run: headBucket },
  {
    name: 'DeleteObjects',
    on: 'bucket',
    method: 'POST',
    marker: 'delete',
    headers: checksums,
    run: deleteObjects,
  },
  {
    name: 'CreateMultipartUpload',
    on: 'object',
    method: 'POST',
    marker: 'uploads',
    headers: writeHeaders,
    run: createMultipartUpload,
  },
  {
    name: 'CompleteMultipartUpload',
    on: 'object',
    method: 'POST',
    marker: 'uploadId',
    headers: [...writeHeaders, 'x-amz-mp-object-size'],
    run: completeMultipartUpload,
  },
  {
    name: 'UploadPart',
    on: 'object',
    method: 'PUT',
    marker: 'partNumber',
    parameters: ['uploadId'],
    headers: checksums,
    run: uploadPart,
  },
  {
    name: 'AbortMultipartUpload',
    on: 'object',
    method: 'DELETE',
    marker: 'uploadId',
    run: abortMultipartUpload,
  },
  {
    name: 'CopyObject',
    on: 'object',
    method: 'PUT',
    marker: 'x-amz-copy-source',
    headers: [...writeHeaders, 'x-amz-copy-source-if-match', 'x-amz-metadata-directive'],
    run: copyObject,
  },
  { name: 'PutObject', on: 'object', method: 'PUT', headers: writeHeaders, run: putObject },
  {
    name: 'GetObject',
    on: 'object',
    method: 'GET',
    parameters: readParameters,
    headers: readHeaders,
    run: getObject,
  },
  {
    name: 'HeadObject',
    on: 'object',
    method: 'HEAD',
    parameters: readParameters,
    headers: readHeaders,
    run: getObject,
  },
  {
    name: 'DeleteObject',
    on: 'object',
    method: 'DELETE',
    parameters: ['versionId'],
    headers: ['if-match'],
    run: deleteObject,
  },
];

/** Headers that carry the request itself and change nothing about the object. */
const transportHeaders = [
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'x-amz-user-agent',
  'x-amz-decoded-content-length',
  'x-amz-trailer',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-expected-bucket-owner',
];
const conditionalHeaders = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'range'];

function isAllowed(header: string, allowed: readonly string[]): boolean {
  return allowed.some((name) => (name.endsWith('-') ? header.startsWith(name) : header === name));
}

function refuseUnknown(operation: S3Operation, request: WireRequest): void {
  const { marker = '', parameters = [], headers = [] } = operation;
  for (const name of request.query.keys()) {
    if (name === 'x-id' || name === marker || parameters.includes(name)) continue;
    throw notServed('s3', `the parameter "${name}" of ${operation.name}`);
  }
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') && !conditionalHeaders.includes(name)) continue;
    if (name === marker || isAllowed(name, transportHeaders) || isAllowed(name, headers)) continue;
    throw notServed('s3', `the header "${name}" of ${operation.name}`);
  }
}

/** The parameters of a presigned URL that are its signature. */
const signatureParameters = [
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
];

/** Presigners move headers into the query; S3 reads them there as if they were headers. */
function withHoistedHeaders(request: WireRequest): WireRequest {
  if (!request.query.has('X-Amz-Signature')) return request;
  const headers = { ...request.headers };
  const query = new URLSearchParams();
  for (const [name, value] of request.query) {
    const lower = name.toLowerCase();
    if (!lower.startsWith('x-amz-')) query.append(name, value);
    else if (!signatureParameters.includes(lower)) headers[lower] = value;
  }
  return { ...request, headers, query };
}

/** S3's limit for a key, in bytes of UTF-8. */
const maxKeyBytes = 1024;

/** S3 over the given buckets. */
export function s3Service(store: ObjectStore): Service {
  return {
    name: 's3',
    errors: 's3',
    async handle(signed) {
      const request = withHoistedHeaders(signed);
      const [, bucketName = '', path = ''] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? [];
      const key = decodeURIComponent(path);
      const on = key === '' ? 'bucket' : 'object';
      const operation = operations.find(
        (candidate) =>
          candidate.on === on &&
          candidate.method === request.method &&
          (candidate.marker === undefined ||
            request.query.has(candidate.marker) ||
            candidate.marker in request.headers),
      );
      if (bucketName === '' || operation === undefined) {
        throw notServed('s3', `the operation "${request.method} ${request.path}?${request.query}"`);
      }
      refuseUnknown(operation, request);
      if (Buffer.byteLength(key) > maxKeyBytes) throw new AwsError('KeyTooLongError', 'Your key is too long');
      return operation.run({ request, store, bucket: store.bucket(bucketName), key });
    },
  };
}
