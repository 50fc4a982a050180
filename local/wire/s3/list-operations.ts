/** ListObjectsV2 and ListObjectVersions. */
import { AwsError } from '../errors.ts';
import type { WireResponse } from '../service.ts';
import { encodeRfc3986 } from '../sigv4.ts';
import type { XmlMembers } from '../xml.ts';
import { parameter, type S3Call, s3Arn, xmlResponse } from './call.ts';
import { decodeToken, encodeToken, type ListEntry, listEntries, takePage } from './listing.ts';

/** S3's page size, which a request can only lower. */
const maxPage = 1000;

function pageLimit(call: S3Call): number {
  const asked = Number(parameter(call, 'max-keys') ?? maxPage);
  if (Number.isInteger(asked) && asked >= 0) return Math.min(asked, maxPage);
  throw new AwsError('InvalidArgument', 'max-keys must be a whole number of 0 or more.');
}

/** How names are written: percent-encoded when the client asks for it, which keeps odd characters out of the XML. */
function nameWriter(call: S3Call): (name: string) => string {
  const encoding = parameter(call, 'encoding-type');
  if (encoding === undefined) return (name) => name;
  if (encoding !== 'url') throw new AwsError('InvalidArgument', 'encoding-type must be "url".');
  return (name) => name.split('/').map(encodeRfc3986).join('/');
}

function common(call: S3Call, write: (name: string) => string): XmlMembers {
  const delimiter = parameter(call, 'delimiter');
  return {
    Name: call.bucket.definition.name,
    Prefix: write(parameter(call, 'prefix') ?? ''),
    Delimiter: delimiter === undefined ? undefined : write(delimiter),
    MaxKeys: pageLimit(call),
    EncodingType: parameter(call, 'encoding-type'),
  };
}

function prefixes(page: readonly ListEntry[], write: (name: string) => string): XmlMembers[] {
  return page.filter(({ kind }) => kind === 'prefix').map(({ name }) => ({ Prefix: write(name) }));
}

/** ListObjectsV2. */
export async function listObjectsV2(call: S3Call): Promise<WireResponse> {
  const { bucket, request } = call;
  const prefix = parameter(call, 'prefix') ?? '';
  const conditions = { 's3:prefix': prefix, 's3:delimiter': parameter(call, 'delimiter') ?? '' };
  request.authorize({ action: 's3:ListBucket', resource: s3Arn(bucket), conditions });
  const write = nameWriter(call);
  const token = parameter(call, 'continuation-token');
  const startAfter = parameter(call, 'start-after');
  let after: ListEntry | undefined = startAfter === undefined ? undefined : { kind: 'key', name: startAfter };
  if (token !== undefined) {
    after = decodeToken(token);
    if (after === undefined)
      throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  }
  const query = { prefix, delimiter: parameter(call, 'delimiter') ?? '', after };
  const entries = listEntries(bucket.keys, query, (key) => bucket.current(key) !== undefined);
  const { page, more } = takePage(entries, pageLimit(call));
  const last = page.at(-1);
  const contents: XmlMembers[] = [];
  for (const { kind, name } of page) {
    const version = kind === 'key' ? bucket.current(name) : undefined;
    if (version === undefined) continue;
    contents.push({
      Key: write(name),
      LastModified: new Date(version.lastModified).toISOString(),
      ETag: `"${version.etag}"`,
      Size: version.size,
      StorageClass: 'STANDARD',
    });
  }
  return xmlResponse('ListBucketResult', {
    ...common(call, write),
    KeyCount: page.length,
    IsTruncated: more,
    ContinuationToken: token,
    NextContinuationToken: more && last !== undefined ? encodeToken(last) : undefined,
    StartAfter: startAfter === undefined ? undefined : write(startAfter),
    Contents: contents,
    CommonPrefixes: prefixes(page, write),
  });
}

/** ListObjectVersions; a page ends only between keys, so it may be longer than asked for when a key has many versions. */
export async function listObjectVersions(call: S3Call): Promise<WireResponse> {
  const { bucket, request } = call;
  const prefix = parameter(call, 'prefix') ?? '';
  const delimiter = parameter(call, 'delimiter') ?? '';
  const conditions = { 's3:prefix': prefix, 's3:delimiter': delimiter };
  request.authorize({ action: 's3:ListBucketVersions', resource: s3Arn(bucket), conditions });
  const write = nameWriter(call);
  const marker = parameter(call, 'key-marker');
  const isGroup = marker !== undefined && delimiter !== '' && marker.endsWith(delimiter);
  const after: ListEntry | undefined =
    marker === undefined ? undefined : { kind: isGroup ? 'prefix' : 'key', name: marker };
  const { page, more } = takePage(
    listEntries(bucket.keys, { prefix, delimiter, after }, () => true),
    pageLimit(call),
  );
  const objects: XmlMembers[] = [];
  const markers: XmlMembers[] = [];
  for (const { kind, name } of page) {
    if (kind === 'prefix') continue;
    for (const [index, version] of bucket.versions(name).entries()) {
      const members = {
        Key: write(name),
        VersionId: version.versionId,
        IsLatest: index === 0,
        LastModified: new Date(version.lastModified).toISOString(),
      };
      if (version.deleteMarker) markers.push(members);
      else
        objects.push({ ...members, ETag: `"${version.etag}"`, Size: version.size, StorageClass: 'STANDARD' });
    }
  }
  const last = page.at(-1);
  return xmlResponse('ListVersionsResult', {
    ...common(call, write),
    KeyMarker: write(marker ?? ''),
    IsTruncated: more,
    NextKeyMarker: more && last !== undefined ? write(last.name) : undefined,
    Version: objects,
    DeleteMarker: markers,
    CommonPrefixes: prefixes(page, write),
  });
}
