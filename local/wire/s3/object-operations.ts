/** PutObject, GetObject, HeadObject, CopyObject and DeleteObject. */

import { randomUUID } from 'node:crypto';
import { closeSync, copyFileSync, createReadStream, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError, notServed } from '../errors.ts';
import type { WireResponse } from '../service.ts';
import {
  attributesOf,
  checksumHeaders,
  encryptionFor,
  encryptionHeaders,
  versionHeader,
  writtenHeaders,
} from './attributes.ts';
import { receiveBody } from './body.ts';
import type { ObjectVersion } from './bucket.ts';
import { authorizeObject, header, noSuchKey, parameter, type S3Call, unquoted, xmlResponse } from './call.ts';
import { checkReadConditions, checkWriteConditions } from './conditions.ts';
import { etagOf } from './object-store.ts';

/** PutObject. */
export async function putObject(call: S3Call): Promise<WireResponse> {
  authorizeObject(call, 's3:PutObject', 'GenerateDataKey');
  const headers = attributesOf(call);
  const { file, size, md5, checksum } = await receiveBody(call.request, call.bucket.incoming);
  try {
    checkWriteConditions(call);
    const object = { file, size, headers, etag: etagOf(call.bucket, md5) };
    const version = call.bucket.put(
      call.key,
      checksum === undefined ? object : { ...object, checksum: { ...checksum, composite: false } },
      call.store.clock.now(),
    );
    return { status: 200, headers: writtenHeaders(call, version) };
  } finally {
    rmSync(file, { force: true });
  }
}

/** The version a read asks for; throws what S3 answers when there is none. */
function requestedVersion(call: S3Call, versionId = parameter(call, 'versionId')): ObjectVersion {
  const versions = call.bucket.versions(call.key);
  const version = versionId === undefined ? versions[0] : versions.find((one) => one.versionId === versionId);
  if (version === undefined && versionId !== undefined) {
    const message = 'The specified version does not exist.';
    throw new AwsError('NoSuchVersion', message, 404, { members: { Key: call.key, VersionId: versionId } });
  }
  if (version?.deleteMarker && versionId !== undefined) {
    throw new AwsError(
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      405,
      {
        headers: { 'x-amz-delete-marker': 'true' },
      },
    );
  }
  if (version === undefined || version.deleteMarker) throw noSuchKey(call, versions);
  return version;
}

function authorizeRead(call: S3Call, versionId = parameter(call, 'versionId')): void {
  authorizeObject(call, versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', 'Decrypt');
}

/** First and last byte of a Range header; undefined for one S3 ignores, as it does with several ranges. */
function parseRange(text: string, size: number): { first: number; last: number } | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first < size && first <= last) return { first, last };
  const headers = { 'content-range': `bytes */${size}` };
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, { headers });
}

/** Up to this size a body is read in one go: cheaper than a stream. */
const smallBytes = 256 * 1024;

function readBytes(descriptor: number, first: number, length: number): Buffer {
  try {
    const bytes = Buffer.alloc(length);
    readSync(descriptor, bytes, 0, length, first);
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** GetObject and HeadObject, which differ only in the body. */
export async function getObject(call: S3Call): Promise<WireResponse> {
  authorizeRead(call);
  const version = requestedVersion(call);
  const whole = {
    ...version.headers,
    ...versionHeader(call.bucket, version.versionId),
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
  };
  if (checkReadConditions(call, version) === 'not-modified') return { status: 304, headers: whole };
  for (const [name, value] of call.request.query) {
    if (name.startsWith('response-')) Object.assign(whole, { [name.slice('response-'.length)]: value });
  }
  const rangeHeader = header(call, 'range');
  const range = rangeHeader === undefined ? undefined : parseRange(rangeHeader, version.size);
  const first = range?.first ?? 0;
  const length = range === undefined ? version.size : range.last - range.first + 1;
  const extra: Record<string, string> = { 'content-length': String(length) };
  if (range !== undefined) extra['content-range'] = `bytes ${first}-${range.last}/${version.size}`;
  else if (header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    Object.assign(extra, checksumHeaders(version));
  }
  const answer = { status: range === undefined ? 200 : 206, headers: { ...whole, ...extra } };
  if (call.request.method === 'HEAD' || length === 0) return answer;
  const path = call.bucket.blobPath(version);
  // Opened in this turn: once open, the bytes stay readable though the object is overwritten or deleted meanwhile.
  const descriptor = openSync(path, 'r');
  if (length <= smallBytes) return { ...answer, body: readBytes(descriptor, first, length) };
  return {
    ...answer,
    body: createReadStream(path, { fd: descriptor, start: first, end: first + length - 1 }),
  };
}

/** Where a copy comes from: `/bucket/key?versionId=…`, percent-encoded. */
function copySource(call: S3Call): { source: S3Call; versionId: string | undefined } {
  const [, name = '', path = '', versionId] =
    /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(header(call, 'x-amz-copy-source') ?? '') ?? [];
  return { source: { ...call, bucket: call.store.bucket(name), key: decodeURIComponent(path) }, versionId };
}

/** CopyObject. */
export async function copyObject(call: S3Call): Promise<WireResponse> {
  const { source, versionId } = copySource(call);
  authorizeRead(source, versionId);
  authorizeObject(call, 's3:PutObject', 'GenerateDataKey');
  const from = requestedVersion(source, versionId);
  const ifMatch = header(call, 'x-amz-copy-source-if-match');
  if (ifMatch !== undefined && unquoted(ifMatch) !== from.etag) {
    throw new AwsError('PreconditionFailed', 'x-amz-copy-source-if-match does not hold', 412);
  }
  const directive = header(call, 'x-amz-metadata-directive') ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw notServed('s3', `the metadata directive "${directive}"`);
  const toItself = source.bucket === call.bucket && source.key === call.key && versionId === undefined;
  if (toItself && directive === 'COPY') {
    const message =
      'This copy request is illegal because it is trying to copy an object to itself without changing it.';
    throw new AwsError('InvalidRequest', message);
  }
  checkWriteConditions(call);
  const headers = directive === 'COPY' ? { ...from.headers, ...encryptionFor(call) } : attributesOf(call);
  const file = join(call.bucket.incoming, randomUUID());
  copyFileSync(source.bucket.blobPath(from), file);
  const etag = call.bucket.definition.kmsKeyArn === undefined ? from.etag : etagOf(call.bucket, from.etag);
  const { size, checksum } = from;
  const copy =
    checksum === undefined ? { file, size, headers, etag } : { file, size, headers, etag, checksum };
  const version = call.bucket.put(call.key, copy, call.store.clock.now());
  const result = { LastModified: new Date(version.lastModified).toISOString(), ETag: `"${version.etag}"` };
  return xmlResponse('CopyObjectResult', result, {
    ...encryptionHeaders(version.headers),
    ...versionHeader(call.bucket, version.versionId),
    ...(versionId === undefined ? {} : { 'x-amz-copy-source-version-id': versionId }),
  });
}

/** DeleteObject: deleting what is not there succeeds, as in S3. */
export async function deleteObject(call: S3Call): Promise<WireResponse> {
  const versionId = parameter(call, 'versionId');
  authorizeObject(call, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion');
  checkWriteConditions(call);
  const done = call.bucket.delete(call.key, versionId, call.store.clock.now());
  const headers = done === undefined ? {} : versionHeader(call.bucket, done.versionId);
  return {
    status: 204,
    headers: done?.deleteMarker ? { ...headers, 'x-amz-delete-marker': 'true' } : headers,
  };
}
