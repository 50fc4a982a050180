/** The artifacts bucket: S3 behind the `ObjectStore` port, for every function that reads or writes artifacts. */
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ObjectStore } from '../ports.ts';

/** The bucket `bucket`. */
export function objectStore(bucket: string, client = artifactsClient()): ObjectStore {
  const of = (key: string) => ({ Bucket: bucket, Key: key });
  return {
    async get(key) {
      try {
        const answer = await client.send(new GetObjectCommand(of(key)));
        return answer.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async put(key, body, type) {
      await client.send(new PutObjectCommand({ ...of(key), Body: body, ...(type && { ContentType: type }) }));
    },
    async exists(key) {
      try {
        await client.send(new HeadObjectCommand(of(key)));
        return true;
      } catch (error) {
        if (error instanceof NotFound) return false;
        throw error;
      }
    },
    async copy(from, to) {
      const source = [bucket, ...from.split('/')].map(encodeURIComponent).join('/');
      await client.send(new CopyObjectCommand({ ...of(to), CopySource: source }));
    },
    async remove(key) {
      await client.send(new DeleteObjectCommand(of(key)));
    },
    presignGet: (key, seconds) => getSignedUrl(client, new GetObjectCommand(of(key)), { expiresIn: seconds }),
    presignPut: (key, seconds) => getSignedUrl(client, new PutObjectCommand(of(key)), { expiresIn: seconds }),
  };
}

/**
 * Checksums only where S3 asks for them: by default the SDK signs the checksum of an empty body into a presigned PUT, which then
 * refuses every other body. https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html
 */
const artifactsClient = () => new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
