/** Checksums of S3 bodies: what a request declares, what the bytes gave, and the comparison; used for puts and parts. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError, notServed } from '../errors.ts';
import { type Crc64, crc32c, crc64nvme } from './crc.ts';

/** The algorithms served, as they appear in `x-amz-checksum-<name>`. */
export const checksumNames = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
/** One of them. */
export type ChecksumName = (typeof checksumNames)[number];

/** A digest under way; `value` is base64, as S3 writes checksums. */
export interface Digest {
  update(bytes: Buffer): void;
  value(): string;
}

function hashDigest(hash: Hash): Digest {
  return { update: (bytes) => void hash.update(bytes), value: () => hash.digest('base64') };
}

function crcDigest(next: (bytes: Buffer, previous: number) => number): Digest {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = next(bytes, crc);
    },
    value() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes.toString('base64');
    },
  };
}

function crc64Digest(): Digest {
  let crc: Crc64 = { high: 0, low: 0 };
  return {
    update: (bytes) => {
      crc = crc64nvme(bytes, crc);
    },
    value() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32BE(crc.high, 0);
      bytes.writeInt32BE(crc.low, 4);
      return bytes.toString('base64');
    },
  };
}

const makers: Record<ChecksumName, () => Digest> = {
  crc32: () => crcDigest((bytes, previous) => crc32(bytes, previous)),
  crc32c: () => crcDigest(crc32c),
  crc64nvme: crc64Digest,
  sha1: () => hashDigest(createHash('sha1')),
  sha256: () => hashDigest(createHash('sha256')),
};

/** Starts a digest. */
export function startDigest(name: ChecksumName): Digest {
  return makers[name]();
}

/** The algorithm by a name as in `x-amz-checksum-algorithm: CRC32`; throws for one that is not served. */
export function checksumNamed(name: string): ChecksumName {
  const found = checksumNames.find((known) => known === name.toLowerCase());
  if (found === undefined) throw notServed('s3', `the checksum algorithm "${name}"`);
  return found;
}

/** Headers that begin like a checksum but say something about one. */
const aboutChecksums = new Set(['algorithm', 'type', 'mode']);

/** The checksum a request declares in its headers or announces as a trailer; `value` is undefined for a trailer. */
export function declaredChecksum(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): { name: ChecksumName; value: string | undefined } | undefined {
  const prefix = 'x-amz-checksum-';
  for (const [header, value] of Object.entries(headers)) {
    const rest = header.startsWith(prefix) ? header.slice(prefix.length) : '';
    if (rest !== '' && !aboutChecksums.has(rest)) return { name: checksumNamed(rest), value: String(value) };
  }
  const trailer = String(headers['x-amz-trailer'] ?? '').toLowerCase();
  return trailer.startsWith(prefix)
    ? { name: checksumNamed(trailer.slice(prefix.length)), value: undefined }
    : undefined;
}

/** Throws BadDigest unless the declared checksum is the computed one. */
export function compareChecksum(what: string, declared: string, computed: string): void {
  if (declared === computed) return;
  throw new AwsError('BadDigest', `The ${what} you specified did not match the calculated checksum.`);
}
