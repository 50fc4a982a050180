/** Decoder of the aws-chunked content encoding, in which SDKs send streams with trailing checksums; used by body.ts. */
import { AwsError } from '../errors.ts';

/** Lines (chunk sizes with signatures, trailers) are short; longer ones mean the body is not aws-chunked. */
const maxLineBytes = 8192;

function malformed(why: string): AwsError {
  return new AwsError('InvalidRequest', `The aws-chunked body is malformed: ${why}.`);
}

/**
 * Yields the data of an aws-chunked body and puts the trailing headers into `trailers` (names in lower case).
 * Chunk signatures are not verified: the gateway identifies header-signed callers by their access key.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let stage: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  let remaining = 0;
  for await (const piece of source) {
    pending = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
    while (pending.length > 0 && stage !== 'done') {
      if (stage === 'data') {
        const data = pending.subarray(0, remaining);
        pending = pending.subarray(data.length);
        remaining -= data.length;
        if (remaining === 0) stage = 'data-end';
        yield data;
        continue;
      }
      const end = pending.indexOf('\r\n');
      if (end > maxLineBytes || (end < 0 && pending.length > maxLineBytes))
        throw malformed('a line is too long');
      if (end < 0) break;
      const line = pending.subarray(0, end).toString('latin1');
      pending = pending.subarray(end + 2);
      if (stage === 'data-end') {
        if (line !== '') throw malformed('a chunk is longer than its size');
        stage = 'size';
      } else if (stage === 'size') {
        const size = /^([0-9a-fA-F]+)(;.*)?$/.exec(line)?.[1];
        if (size === undefined) throw malformed('a chunk has no size');
        remaining = Number.parseInt(size, 16);
        stage = remaining === 0 ? 'trailer' : 'data';
      } else if (line === '') {
        stage = 'done';
      } else {
        const colon = line.indexOf(':');
        trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
    }
  }
  if (stage !== 'done')
    throw new AwsError('IncompleteBody', 'The aws-chunked body ended before its last chunk.');
}
