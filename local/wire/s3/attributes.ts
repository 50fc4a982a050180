/** Object headers: which of a request's headers are stored with an object, and which a response carries. */
import { AwsError } from '../errors.ts';
import type { Bucket, ObjectVersion } from './bucket.ts';
import { header, type S3Call } from './call.ts';

const contentHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];
const encryptionHeader = 'x-amz-server-side-encryption';

/** S3's limit for all user metadata of an object, in bytes. */
const maxMetadataBytes = 2048;

/** The encryption an object gets: what the request asks for, else the bucket's default. */
export function encryptionFor(call: S3Call): Record<string, string> {
  const asked = Object.entries(call.request.headers).filter(([name]) => name.startsWith(encryptionHeader));
  if (asked.length > 0) return Object.fromEntries(asked.map(([name, value]) => [name, String(value)]));
  const keyArn = call.bucket.definition.kmsKeyArn;
  if (keyArn === undefined) return { [encryptionHeader]: 'AES256' };
  return { [encryptionHeader]: 'aws:kms', [`${encryptionHeader}-aws-kms-key-id`]: keyArn };
}

/** The headers to store with an object that this request writes. */
export function attributesOf(call: S3Call): Record<string, string> {
  const stored: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of contentHeaders) {
    const value = header(call, name);
    if (value !== undefined) stored[name] = value;
  }
  const codings = (stored['content-encoding'] ?? '').split(',').map((coding) => coding.trim());
  const kept = codings.filter((coding) => coding !== '' && coding !== 'aws-chunked').join(',');
  if (kept === '') delete stored['content-encoding'];
  else stored['content-encoding'] = kept;

  let metadataBytes = 0;
  for (const [name, value] of Object.entries(call.request.headers)) {
    if (!name.startsWith('x-amz-meta-')) continue;
    stored[name] = String(value);
    metadataBytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(String(value));
  }
  if (metadataBytes > maxMetadataBytes) {
    throw new AwsError('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size.');
  }
  return { ...stored, ...encryptionFor(call) };
}

/** The encryption headers among stored ones. */
export function encryptionHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(encryptionHeader)));
}

/** The version id header, where the bucket has versions. */
export function versionHeader(bucket: Bucket, versionId: string): Record<string, string> {
  return bucket.definition.versioned ? { 'x-amz-version-id': versionId } : {};
}

/** The checksum headers of a version, where it has a checksum. */
export function checksumHeaders(version: ObjectVersion): Record<string, string> {
  if (version.checksum === undefined) return {};
  const { name, value, composite } = version.checksum;
  return {
    [`x-amz-checksum-${name}`]: value,
    'x-amz-checksum-type': composite ? 'COMPOSITE' : 'FULL_OBJECT',
  };
}

/** What a PutObject or CompleteMultipartUpload answers in headers. */
export function writtenHeaders(call: S3Call, version: ObjectVersion): Record<string, string> {
  return {
    etag: `"${version.etag}"`,
    ...encryptionHeaders(version.headers),
    ...versionHeader(call.bucket, version.versionId),
    ...checksumHeaders(version),
  };
}
