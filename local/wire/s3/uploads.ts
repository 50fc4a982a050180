/** Multipart uploads under way, kept in the bucket's `uploads/` folder so that they survive a restart. */
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../errors.ts';
import { writeFileAtomic } from '../files.ts';
import type { ReceivedBody } from './body.ts';
import type { Bucket, NewObject, ObjectAttributes } from './bucket.ts';
import { type ChecksumName, startDigest } from './checksums.ts';

/** What CreateMultipartUpload fixes for the object to come. */
export interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: { readonly name: ChecksumName; readonly composite: boolean } | undefined;
}

/** One uploaded part; a part uploaded again replaces the earlier one. */
export interface Part {
  /** Hex MD5, which is also its entity tag. */
  readonly etag: string;
  readonly size: number;
  readonly checksum: { readonly name: ChecksumName; readonly value: string } | undefined;
}

/** A part as CompleteMultipartUpload lists it. */
export interface PartReference {
  readonly number: number;
  readonly etag: string;
}

/** Every part but the last needs at least 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const minPartBytes = 5 * 1024 * 1024;
const idPattern = /^[0-9a-f]{32}$/;

function folderOf(bucket: Bucket, uploadId: string): string {
  return join(bucket.uploads, uploadId);
}

/** Starts an upload and answers its id. */
export function startUpload(bucket: Bucket, upload: Upload): string {
  const uploadId = randomUUID().replaceAll('-', '');
  mkdirSync(folderOf(bucket, uploadId), { mode: 0o700 });
  writeFileAtomic(join(folderOf(bucket, uploadId), 'upload.json'), JSON.stringify(upload), 0o600);
  return uploadId;
}

/** The upload by its id and key; throws NoSuchUpload. */
export function findUpload(bucket: Bucket, uploadId: string, key: string): Upload {
  const path = join(folderOf(bucket, uploadId), 'upload.json');
  if (idPattern.test(uploadId) && existsSync(path)) {
    const upload = JSON.parse(readFileSync(path, 'utf8')) as Upload;
    if (upload.key === key) return upload;
  }
  const message = 'The specified upload does not exist. The upload ID may be invalid, aborted or completed.';
  throw new AwsError('NoSuchUpload', message, 404, { members: { UploadId: uploadId } });
}

/** Keeps the bytes of a part; throws NoSuchUpload when the upload ended while they came in. */
export function storePart(
  bucket: Bucket,
  target: { uploadId: string; key: string; number: number },
  body: ReceivedBody,
): Part {
  findUpload(bucket, target.uploadId, target.key);
  const part: Part = { etag: body.md5, size: body.size, checksum: body.checksum };
  const path = join(folderOf(bucket, target.uploadId), String(target.number));
  renameSync(body.file, path);
  writeFileAtomic(`${path}.json`, JSON.stringify(part), 0o600);
  return part;
}

/** Forgets an upload and its parts. */
export function removeUpload(bucket: Bucket, uploadId: string): void {
  rmSync(folderOf(bucket, uploadId), { recursive: true, force: true });
}

function findParts(folder: string, references: readonly PartReference[]): (Part & { file: string })[] {
  for (const [index, { number }] of references.entries()) {
    if (number <= (references[index - 1]?.number ?? 0)) {
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
  }
  return references.map(({ number, etag }, index) => {
    const file = join(folder, String(number));
    const part = existsSync(`${file}.json`)
      ? (JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Part)
      : undefined;
    if (part?.etag !== etag) {
      throw new AwsError(
        'InvalidPart',
        `Part ${number} could not be found or its entity tag does not match.`,
      );
    }
    if (index < references.length - 1 && part.size < minPartBytes) {
      const message = `Part ${number} has ${part.size} bytes; every part but the last needs ${minPartBytes}.`;
      throw new AwsError('EntityTooSmall', message);
    }
    return { ...part, file };
  });
}

/** Joins the parts into one file, not yet an object. */
export async function assemble(
  bucket: Bucket,
  uploadId: string,
  request: { upload: Upload; parts: readonly PartReference[] },
): Promise<NewObject> {
  const { upload } = request;
  const parts = findParts(folderOf(bucket, uploadId), request.parts);
  const whole = upload.checksum && startDigest(upload.checksum.name);
  const tag = createHash('md5');
  const file = join(bucket.incoming, randomUUID());
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (const part of parts) {
      tag.update(Buffer.from(part.etag, 'hex'));
      const value = part.checksum?.name === upload.checksum?.name ? part.checksum?.value : undefined;
      if (upload.checksum?.composite) {
        if (value === undefined) {
          throw new AwsError(
            'InvalidRequest',
            `The upload was created with ${upload.checksum.name}, which a part lacks.`,
          );
        }
        whole?.update(Buffer.from(value, 'base64'));
      }
      for await (const chunk of createReadStream(part.file, { highWaterMark: 1024 * 1024 })) {
        writeSync(descriptor, chunk);
        if (!upload.checksum?.composite) whole?.update(chunk);
      }
    }
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const object = { file, size, headers: upload.headers, etag: `${tag.digest('hex')}-${parts.length}` };
  const checksum = checksumOf(upload, whole?.value(), parts.length);
  return checksum === undefined ? object : { ...object, checksum };
}

function checksumOf(upload: Upload, value: string | undefined, parts: number): ObjectAttributes['checksum'] {
  if (upload.checksum === undefined || value === undefined) return undefined;
  const { name, composite } = upload.checksum;
  return { name, composite, value: composite ? `${value}-${parts}` : value };
}
