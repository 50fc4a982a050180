/** Takes an S3 request body into a file, verifying every digest the client declared; used for objects and parts. */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../errors.ts';
import { readBody } from '../json-service.ts';
import type { WireRequest } from '../service.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { type ChecksumName, compareChecksum, declaredChecksum, startDigest } from './checksums.ts';

/** Bytes on disk, not yet an object: commit it or discard it. */
export interface ReceivedBody {
  readonly file: string;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** The checksum the client declared, verified. */
  readonly checksum: { readonly name: ChecksumName; readonly value: string } | undefined;
}

/** The largest object a single PutObject or UploadPart takes: 5 GiB. */
const maxPutBytes = 5 * 1024 ** 3;

function tooLarge(): AwsError {
  return new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size of 5 GiB.');
}

/** Streams the body of a put into a new file of `folder`; the file is gone again when this throws. */
export async function receiveBody(request: WireRequest, folder: string): Promise<ReceivedBody> {
  const payload = String(request.headers['x-amz-content-sha256'] ?? '');
  const chunked = payload.startsWith('STREAMING-');
  const declaredSize = request.headers[chunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (declaredSize === undefined) {
    throw new AwsError('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
  }
  if (Number(declaredSize) > maxPutBytes) throw tooLarge();
  const declared = declaredChecksum(request.headers);
  const trailers = new Map<string, string>();
  const raw: AsyncIterable<Buffer> = request.body.iterator({ destroyOnReturn: false });
  const md5 = createHash('md5');
  const digest = declared && startDigest(declared.name);
  const payloadHash = /^[0-9a-f]{64}$/.test(payload) ? createHash('sha256') : undefined;

  const file = join(folder, randomUUID());
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    let size = 0;
    for await (const chunk of chunked ? decodeAwsChunked(raw, trailers) : raw) {
      size += chunk.length;
      if (size > maxPutBytes) throw tooLarge();
      md5.update(chunk);
      digest?.update(chunk);
      payloadHash?.update(chunk);
      // Writing into the page cache takes less time than a trip through the thread pool.
      writeSync(descriptor, chunk);
    }
    if (size !== Number(declaredSize)) {
      const message = `The body has ${size} bytes where the request announced ${declaredSize}.`;
      throw new AwsError('IncompleteBody', message);
    }
    const hash = md5.digest();
    const contentMd5 = request.headers['content-md5'];
    if (contentMd5 !== undefined) compareChecksum('Content-MD5', String(contentMd5), hash.toString('base64'));
    if (payloadHash !== undefined && payloadHash.digest('hex') !== payload) {
      const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
      throw new AwsError('XAmzContentSHA256Mismatch', message);
    }
    return { file, size, md5: hash.toString('hex'), checksum: verified(declared, digest?.value(), trailers) };
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Reads a small document body, verifying the digests the client declared. */
export async function readDocument(request: WireRequest, limit: number): Promise<string> {
  const bytes = await readBody(request.body, limit);
  const contentMd5 = request.headers['content-md5'];
  if (contentMd5 !== undefined) {
    compareChecksum('Content-MD5', String(contentMd5), createHash('md5').update(bytes).digest('base64'));
  }
  const declared = declaredChecksum(request.headers);
  if (declared?.value !== undefined) {
    const digest = startDigest(declared.name);
    digest.update(bytes);
    compareChecksum(`x-amz-checksum-${declared.name}`, declared.value, digest.value());
  }
  return bytes.toString('utf8');
}

function verified(
  declared: ReturnType<typeof declaredChecksum>,
  computed: string | undefined,
  trailers: ReadonlyMap<string, string>,
): ReceivedBody['checksum'] {
  if (declared === undefined || computed === undefined) return undefined;
  const header = `x-amz-checksum-${declared.name}`;
  compareChecksum(header, declared.value ?? trailers.get(header) ?? '(missing)', computed);
  return { name: declared.name, value: computed };
}
