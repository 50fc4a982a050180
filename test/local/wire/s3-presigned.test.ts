/** Presigned URLs against the twin: who holds one may do exactly what was signed, for as long as was signed. */
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ObjectStore } from '../../../local/wire/s3/object-store.ts';
import { s3Service } from '../../../local/wire/s3/s3-service.ts';
import { manualClock, startWorld } from './wire-world.ts';

const clock = manualClock(Date.now());
let world: Awaited<ReturnType<typeof startWorld>>;
let s3: S3Client;

beforeAll(async () => {
  const buckets = [{ name: 'plain', versioned: false }];
  world = await startWorld((folder) => [s3Service(new ObjectStore(folder, buckets, clock))], { clock });
  s3 = new S3Client(world.client());
  await s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'dir/a b+ü.txt', Body: 'content' }));
});
afterAll(async () => {
  s3.destroy();
  await world.close();
});

const presignGet = (Key: string, expiresIn = 60) =>
  getSignedUrl(s3, new GetObjectCommand({ Bucket: 'plain', Key }), { expiresIn });

/** Presigned for a body that is not known yet: by default the client would sign the checksum of an empty one. */
const presignPut = (Key: string) => {
  const client = new S3Client({ ...world.client(), requestChecksumCalculation: 'WHEN_REQUIRED' });
  return getSignedUrl(client, new PutObjectCommand({ Bucket: 'plain', Key }), { expiresIn: 60 });
};

async function codeOf(response: Response): Promise<string> {
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
  return `${response.status} ${code}`;
}

test('a presigned GET reads without credentials', async () => {
  const response = await fetch(await presignGet('dir/a b+ü.txt'));
  expect([response.status, await response.text()]).toEqual([200, 'content']);
});

test('a presigned PUT writes', async () => {
  const url = await presignPut('upload');
  const written = await fetch(url, { method: 'PUT', body: 'by url' });
  expect(written.status).toBe(200);
  expect(await (await fetch(await presignGet('upload'))).text()).toBe('by url');
});

test('a checksum in the signed URL holds for the body', async () => {
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: 'plain', Key: 'sum', Body: 'signed' }));
  expect(await codeOf(await fetch(url, { method: 'PUT', body: 'forged' }))).toBe('400 BadDigest');
  expect((await fetch(url, { method: 'PUT', body: 'signed' })).status).toBe(200);
});

test('another key, method, version or expiry than signed is refused', async () => {
  const url = await presignGet('dir/a b+ü.txt');
  expect(await codeOf(await fetch(url.replace('/dir/', '/other/')))).toBe('403 SignatureDoesNotMatch');
  expect(await codeOf(await fetch(url, { method: 'DELETE' }))).toBe('403 SignatureDoesNotMatch');
  expect(await codeOf(await fetch(`${url}&versionId=x`))).toBe('403 SignatureDoesNotMatch');
  expect(await codeOf(await fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000')))).toBe(
    '403 SignatureDoesNotMatch',
  );
  const flipped = url.replace(
    /X-Amz-Signature=(.)/,
    (_, digit) => `X-Amz-Signature=${digit === '0' ? '1' : '0'}`,
  );
  expect(await codeOf(await fetch(flipped))).toBe('403 SignatureDoesNotMatch');
});

test('headers that were not signed are refused', async () => {
  const url = await presignPut('extra');
  const response = await fetch(url, { method: 'PUT', body: 'x', headers: { 'x-amz-meta-added': 'later' } });
  expect(await codeOf(response)).toBe('403 AccessDenied');
});

test('an unsigned request and an unknown key are refused', async () => {
  expect(await codeOf(await fetch(`${world.url()}/plain/upload`))).toBe('403 AccessDenied');
  const { accessKeyId } = world.principal.credentials;
  const url = await presignGet('upload');
  expect(await codeOf(await fetch(url.replace(accessKeyId, 'ASIAUNKNOWN')))).toBe('403 InvalidAccessKeyId');
});

test('an expired URL is refused', async () => {
  const url = await presignGet('upload', 60);
  clock.advance(59_000);
  expect((await fetch(url)).status).toBe(200);
  clock.advance(3_000);
  expect(await codeOf(await fetch(url))).toBe('403 AccessDenied');
});
