/** S3 of the twin through the real client: objects, versions, listings, conditions, and what is refused. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../local/wire/clock.ts';
import { ObjectStore } from '../../../local/wire/s3/object-store.ts';
import { s3Service } from '../../../local/wire/s3/s3-service.ts';
import { startWorld } from './wire-world.ts';

const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/k1';
const buckets = [
  { name: 'plain', versioned: false },
  { name: 'kept', versioned: true },
  { name: 'sealed', versioned: true, kmsKeyArn: keyArn },
];
let store: ObjectStore;
let world: Awaited<ReturnType<typeof startWorld>>;
let s3: S3Client;
let denied: string[] = [];

beforeAll(async () => {
  world = await startWorld(
    (folder) => {
      store = new ObjectStore(join(folder, 's3'), buckets, systemClock);
      return [s3Service(store)];
    },
    {
      authorize: ({ action }) => (denied.includes(action) ? 'no identity-based policy allows it' : undefined),
    },
  );
  s3 = new S3Client(world.client());
});
afterAll(async () => {
  s3.destroy();
  await world.close();
});

const text = async (Bucket: string, Key: string, more = {}) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Body?.transformToString();
};
const put = (Bucket: string, Key: string, Body: string, more = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

describe('objects', () => {
  test('keep bytes, type, metadata and checksum', async () => {
    const answer = await put('plain', 'a/b c+ü.txt', 'hello', {
      ContentType: 'text/plain',
      Metadata: { who: 'me' },
    });
    expect(answer.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(answer.ChecksumCRC32).toBe('NhCmhg==');
    expect(answer.VersionId).toBeUndefined();
    const got = await s3.send(
      new GetObjectCommand({ Bucket: 'plain', Key: 'a/b c+ü.txt', ChecksumMode: 'ENABLED' }),
    );
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ContentType: 'text/plain',
      ContentLength: 5,
      Metadata: { who: 'me' },
      ChecksumCRC32: 'NhCmhg==',
      ServerSideEncryption: 'AES256',
    });
    expect(got.ContentEncoding).toBeUndefined();
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'a/b c+ü.txt' }));
    expect(head).toMatchObject({ ContentLength: 5, ETag: '"5d41402abc4b2a76b9719d911017c592"' });
  });

  test('arrive as streams with trailing checksums, whole and byte for byte', async () => {
    const bytes = randomBytes(300_001);
    const pieces = [bytes.subarray(0, 70_000), bytes.subarray(70_000, 70_001), bytes.subarray(70_001)];
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      await s3.send(
        new PutObjectCommand({
          Bucket: 'plain',
          Key: 'stream',
          Body: Readable.from(pieces),
          ContentLength: bytes.length,
          ...(ChecksumAlgorithm === 'CRC64NVME' ? {} : { ChecksumAlgorithm }),
        }),
      );
      const got = await s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'stream' }));
      const back = await got.Body?.transformToByteArray();
      expect(
        createHash('sha256')
          .update(back ?? '')
          .digest('hex'),
      ).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  test('of a wrong digest are refused and leave nothing', async () => {
    const wrong = put('plain', 'bad', 'hello', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
    const wrongCrc = put('plain', 'bad', 'hello', { ChecksumCRC32: 'AAAAAA==' });
    await expect(wrongCrc).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(text('plain', 'bad')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(readdirSync(join(world.folder, 's3/plain/incoming'))).toEqual([]);
  });

  test('cut off by the client are not stored', async () => {
    const { accessKeyId, sessionToken } = world.principal.credentials;
    await new Promise<void>((resolve) => {
      const upload = httpRequest(`${world.url()}/plain/cut`, {
        method: 'PUT',
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
          'x-amz-security-token': sessionToken,
          'content-length': 100,
        },
      });
      upload.on('error', () => resolve());
      upload.write('half', () => setTimeout(() => upload.destroy(new Error('gone')), 50));
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(store.get('plain', 'cut')).toBeUndefined();
    expect(readdirSync(join(world.folder, 's3/plain/incoming'))).toEqual([]);
    expect(world.faults).toEqual([]);
  });

  test('of another length than announced are refused', async () => {
    const { accessKeyId, sessionToken } = world.principal.credentials;
    const response = await fetch(`${world.url()}/plain/length`, {
      method: 'PUT',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
        'x-amz-security-token': sessionToken,
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '6',
      },
      body: '5\r\nhello\r\n0\r\n\r\n',
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('IncompleteBody'),
    ]);
    expect(store.get('plain', 'length')).toBeUndefined();
  });

  test('are read in ranges', async () => {
    await put('plain', 'digits', '0123456789');
    expect(await text('plain', 'digits', { Range: 'bytes=2-4' })).toBe('234');
    expect(await text('plain', 'digits', { Range: 'bytes=8-' })).toBe('89');
    expect(await text('plain', 'digits', { Range: 'bytes=-3' })).toBe('789');
    const part = await s3.send(new GetObjectCommand({ Bucket: 'plain', Key: 'digits', Range: 'bytes=5-99' }));
    expect(part.ContentRange).toBe('bytes 5-9/10');
    await part.Body?.transformToString();
    await expect(text('plain', 'digits', { Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
    });
  });

  test('are copied with or without their headers', async () => {
    await put('plain', 'from', 'x', { ContentType: 'text/x', Metadata: { a: '1' } });
    await s3.send(new CopyObjectCommand({ Bucket: 'kept', Key: 'to', CopySource: 'plain/from' }));
    const kept = await s3.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'to' }));
    expect(kept).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' } });
    const replaced = {
      CopySource: 'plain/from',
      MetadataDirective: 'REPLACE',
      ContentType: 'text/y',
    } as const;
    await s3.send(new CopyObjectCommand({ Bucket: 'kept', Key: 'to', ...replaced }));
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'to' }));
    expect([head.ContentType, head.Metadata]).toEqual(['text/y', {}]);
  });

  test('survive a restart with their versions', async () => {
    await put('kept', 'lasting', 'one');
    await put('kept', 'lasting', 'two');
    const again = new ObjectStore(join(world.folder, 's3'), buckets, systemClock);
    expect(again.get('kept', 'lasting')?.body.toString()).toBe('two');
    expect(again.bucket('kept').versions('lasting')).toHaveLength(2);
    expect(again.list('kept', 'last').map(({ key, size }) => [key, size])).toEqual([['lasting', 3]]);
  });

  test('half written by a killed process are gone at the next start, whole ones stay', async () => {
    await put('kept', 'whole', 'x');
    const folder = join(world.folder, 's3/kept');
    const [record = ''] = readdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'incoming/received'), 'half');
    writeFileSync(join(folder, 'blobs/renamed-without-record'), 'whole');
    writeFileSync(join(folder, 'keys', `${record}.x.tmp`), '{"key":');
    const before = readdirSync(join(folder, 'blobs')).length;
    const again = new ObjectStore(join(world.folder, 's3'), buckets, systemClock);
    expect(again.get('kept', 'whole')?.body.toString()).toBe('x');
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
    expect(readdirSync(join(folder, 'blobs'))).toHaveLength(before - 1);
    expect(readdirSync(join(folder, 'keys')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('under a KMS key carry its name and an entity tag that is no MD5', async () => {
    const answer = await put('sealed', 's', 'hello');
    expect(answer).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyArn });
    expect(answer.ETag).not.toBe('"5d41402abc4b2a76b9719d911017c592"');
  });
});

describe('versions', () => {
  test('stay behind delete markers and can be read and removed one by one', async () => {
    const one = await put('kept', 'v', 'one');
    const two = await put('kept', 'v', 'two');
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'v' }));
    expect(deleted.DeleteMarker).toBe(true);
    await expect(text('kept', 'v')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await text('kept', 'v', { VersionId: one.VersionId })).toBe('one');
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: 'kept', Prefix: 'v' }));
    expect(listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two.VersionId, false],
      [one.VersionId, false],
    ]);
    expect(listed.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [deleted.VersionId, true],
    ]);
    await s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'v', VersionId: deleted.VersionId }));
    expect(await text('kept', 'v')).toBe('two');
    const absent = text('kept', 'v', { VersionId: 'f'.repeat(32) });
    await expect(absent).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });
});

describe('listings', () => {
  test('group by delimiter, page by page, in byte order', async () => {
    for (const key of ['l/z', 'l/a/1', 'l/a/2', 'l/b', 'l/😀', 'l/～', 'l/']) await put('plain', key, key);
    const pages: unknown[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: 'plain',
          Prefix: 'l/',
          Delimiter: '/',
          MaxKeys: 2,
          ContinuationToken,
        }),
      );
      pages.push([page.Contents?.map(({ Key }) => Key), page.CommonPrefixes?.map(({ Prefix }) => Prefix)]);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(pages).toEqual([
      [['l/'], ['l/a/']],
      [['l/b', 'l/z'], undefined],
      [['l/～', 'l/😀'], undefined],
    ]);
  });

  test('write odd keys so that clients read them back', async () => {
    const keys = ['odd/<&>"\'', 'odd/a b+c%20', 'odd/line\nbreak'];
    for (const key of keys) await put('plain', key, 'x');
    for (const EncodingType of [undefined, 'url'] as const) {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: 'plain', Prefix: 'odd/', EncodingType }),
      );
      const read = Contents.map(({ Key = '' }) => (EncodingType === 'url' ? decodeURIComponent(Key) : Key));
      expect(read.sort()).toEqual([...keys].sort());
    }
  });

  test('are empty of deleted objects, also of many at once', async () => {
    for (const key of ['m/1', 'm/2', 'm/3']) await put('kept', key, key);
    const Objects = [{ Key: 'm/1' }, { Key: 'm/3' }, { Key: 'm/none' }];
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket: 'kept', Delete: { Objects } }));
    expect(answer.Deleted).toHaveLength(3);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'kept', Prefix: 'm/' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['m/2']);
  });
});

describe('conditions', () => {
  test('let exactly one of twenty racing creators win', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `writer-${index}`);
    const results = await Promise.allSettled(
      names.map((name) => put('kept', 'race', name, { IfNoneMatch: '*' })),
    );
    const winners = names.filter((_, index) => results[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(readdirSync(join(world.folder, 's3/kept/incoming'))).toEqual([]);
    expect(await text('kept', 'race')).toBe(winners[0]);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ $metadata: { httpStatusCode: 412 } });
    }
  });

  test('let exactly one of ten racing updaters win', async () => {
    const { ETag } = await put('plain', 'cas', 'start');
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => put('plain', 'cas', `update-${index}`, { IfMatch: ETag })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('see a deleted object as absent', async () => {
    await put('kept', 'lock', '1', { IfNoneMatch: '*' });
    await s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'lock' }));
    const update = put('kept', 'lock', '2', { IfMatch: '"x"' });
    await expect(update).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    await put('kept', 'lock', '2', { IfNoneMatch: '*' });
    expect(await text('kept', 'lock')).toBe('2');
  });

  test('spare a read of what the client has', async () => {
    const { ETag } = await put('plain', 'cached', 'x');
    const same = text('plain', 'cached', { IfNoneMatch: ETag });
    await expect(same).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const other = text('plain', 'cached', { IfMatch: '"other"' });
    await expect(other).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });
});

describe('multipart uploads', () => {
  const big = randomBytes(5 * 1024 * 1024);
  const begin = async (Key: string) =>
    (await s3.send(new CreateMultipartUploadCommand({ Bucket: 'kept', Key, ChecksumAlgorithm: 'CRC32' })))
      .UploadId;
  const part = async (Key: string, UploadId: string | undefined, PartNumber: number, Body: Buffer) => {
    const answer = await s3.send(new UploadPartCommand({ Bucket: 'kept', Key, UploadId, PartNumber, Body }));
    return { PartNumber, ETag: answer.ETag, ChecksumCRC32: answer.ChecksumCRC32 };
  };

  test('join their parts', async () => {
    const UploadId = await begin('joined');
    const second = await part('joined', UploadId, 2, Buffer.from('tail'));
    const first = await part('joined', UploadId, 1, big);
    const done = await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket: 'kept',
        Key: 'joined',
        UploadId,
        MultipartUpload: { Parts: [first, second] },
      }),
    );
    const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
    expect(done.ETag).toBe(`"${md5(Buffer.concat([md5(big), md5(Buffer.from('tail'))])).toString('hex')}-2"`);
    expect(done.ChecksumCRC32).toMatch(/^.{8}-2$/);
    const got = await s3.send(new GetObjectCommand({ Bucket: 'kept', Key: 'joined' }));
    const body = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    expect(body.equals(Buffer.concat([big, Buffer.from('tail')]))).toBe(true);
    expect(readdirSync(join(world.folder, 's3/kept/uploads'))).toEqual([]);
  });

  test('refuse small, unknown and disordered parts, and end when aborted', async () => {
    const UploadId = await begin('refused');
    const small = await part('refused', UploadId, 1, Buffer.from('small'));
    const other = await part('refused', UploadId, 2, Buffer.from('other'));
    const complete = (Parts: object[]) =>
      s3.send(
        new CompleteMultipartUploadCommand({
          Bucket: 'kept',
          Key: 'refused',
          UploadId,
          MultipartUpload: { Parts },
        }),
      );
    await expect(complete([small, other])).rejects.toMatchObject({ name: 'EntityTooSmall' });
    await expect(complete([other, small])).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await expect(complete([{ PartNumber: 3, ETag: 'x' }])).rejects.toMatchObject({ name: 'InvalidPart' });
    await s3.send(new AbortMultipartUploadCommand({ Bucket: 'kept', Key: 'refused', UploadId }));
    await expect(complete([small])).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});

describe('buckets and refusals', () => {
  test('buckets tell where they are and whether they keep versions', async () => {
    await s3.send(new HeadBucketCommand({ Bucket: 'plain' }));
    const location = await s3.send(new GetBucketLocationCommand({ Bucket: 'plain' }));
    expect(location.LocationConstraint).toBe('eu-west-1');
    const kept = await s3.send(new GetBucketVersioningCommand({ Bucket: 'kept' }));
    expect(kept.Status).toBe('Enabled');
    const absent = s3.send(new HeadBucketCommand({ Bucket: 'absent' }));
    await expect(absent).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });

  test('what the twin does not act on is refused by name and changes nothing', async () => {
    await put('plain', 'tagged', 'body');
    const tagging = new PutObjectTaggingCommand({ Bucket: 'plain', Key: 'tagged', Tagging: { TagSet: [] } });
    await expect(s3.send(tagging)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: /"tagging" of PutObject/,
    });
    const classed = put('plain', 'tagged', 'other', { StorageClass: 'GLACIER' });
    await expect(classed).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringMatching(/x-amz-storage-class/),
    });
    expect(await text('plain', 'tagged')).toBe('body');
  });

  test('permissions are asked for, the KMS key and the hiding of absent keys included', async () => {
    await put('sealed', 'p', 'x');
    denied = ['kms:Decrypt'];
    await expect(text('sealed', 'p')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: ${world.principal.arn} is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no identity-based policy allows it`,
    });
    denied = ['s3:ListBucket'];
    await expect(text('plain', 'never-there')).rejects.toMatchObject({ name: 'AccessDenied' });
    denied = ['s3:PutObject'];
    await expect(put('plain', 'new', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
    denied = [];
  });

  test('objects over 5 GiB are refused before they are sent', async () => {
    const { accessKeyId, sessionToken } = world.principal.credentials;
    const status = await new Promise((resolve, reject) => {
      const upload = httpRequest(
        `${world.url()}/plain/huge`,
        {
          method: 'PUT',
          headers: {
            authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
            'x-amz-security-token': sessionToken,
            'content-length': 5 * 1024 ** 3 + 1,
          },
        },
        (response) => {
          resolve(response.statusCode);
          upload.destroy();
        },
      );
      upload.on('error', reject);
      upload.flushHeaders();
    });
    expect(status).toBe(400);
  });
});
