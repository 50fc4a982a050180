/** The checksums and the aws-chunked decoder of the local S3, against published check values and hostile input. */
import { describe, expect, test } from '@jest/globals';
import { decodeAwsChunked } from '../../../local/wire/s3/aws-chunked.ts';
import { type ChecksumName, startDigest } from '../../../local/wire/s3/checksums.ts';

// The CRCs are the check values of https://reveng.sourceforge.io/crc-catalogue/all.htm, the others come from sha1sum and sha256sum.
test.each<[ChecksumName, string]>([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
])('%s of 123456789, in one piece and in two', (name, hex) => {
  const expected = Buffer.from(hex, 'hex').toString('base64');
  for (const pieces of [['123456789'], ['1234', '56789']]) {
    const digest = startDigest(name);
    for (const piece of pieces) digest.update(Buffer.from(piece));
    expect(digest.value()).toBe(expected);
  }
});

describe('aws-chunked', () => {
  async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size), 'latin1');
  }
  const decode = async (text: string, size = text.length) => {
    const trailers = new Map<string, string>();
    let data = '';
    for await (const chunk of decodeAwsChunked(inPieces(text, size), trailers))
      data += chunk.toString('latin1');
    return { data, trailers: [...trailers] };
  };
  const signed =
    'A;chunk-signature=ab\r\nhello\r\nwor\r\n2;chunk-signature=cd\r\nld\r\n0;chunk-signature=ef\r\n';
  const body = `${signed}x-amz-checksum-crc32:AAAAAA==\r\nX-Amz-Trailer-Signature: 12\r\n\r\n`;

  test('is decoded however the network cuts it', async () => {
    for (let size = 1; size <= body.length; size++) {
      expect(await decode(body, size)).toEqual({
        data: 'hello\r\nworld',
        trailers: [
          ['x-amz-checksum-crc32', 'AAAAAA=='],
          ['x-amz-trailer-signature', '12'],
        ],
      });
    }
  });

  test('that ends early, or is no aws-chunked at all, is an error', async () => {
    await expect(decode('5\r\nhel')).rejects.toMatchObject({ code: 'IncompleteBody' });
    await expect(decode('5\r\nhello\r\n')).rejects.toMatchObject({ code: 'IncompleteBody' });
    await expect(decode('2\r\nhello\r\n0\r\n\r\n')).rejects.toMatchObject({ code: 'InvalidRequest' });
    await expect(decode('plain text\r\n')).rejects.toMatchObject({ code: 'InvalidRequest' });
    await expect(decode('5'.repeat(10_000))).rejects.toMatchObject({ code: 'InvalidRequest' });
  });
});
