/** CreateMultipartUpload, UploadPart, CompleteMultipartUpload and AbortMultipartUpload. */
import { rmSync } from 'node:fs';
import { AwsError } from '../errors.ts';
import { readBody } from '../json-service.ts';
import type { WireResponse } from '../service.ts';
import { childrenOf, childText, parseXml } from '../xml.ts';
import { attributesOf, encryptionHeaders, writtenHeaders } from './attributes.ts';
import { receiveBody } from './body.ts';
import { authorizeObject, header, parameter, type S3Call, unquoted, xmlResponse } from './call.ts';
import { checksumNamed, compareChecksum } from './checksums.ts';
import { checkWriteConditions } from './conditions.ts';
import {
  assemble,
  findUpload,
  type PartReference,
  removeUpload,
  startUpload,
  storePart,
  type Upload,
} from './uploads.ts';

const maxParts = 10_000;
/** Ten thousand parts with their checksums stay below this. */
const maxBytes = 4 * 1024 * 1024;

/** The checksum kind asked for; CRC-64/NVME covers the whole object, the others are by default made of the parts'. */
function checksumKind(call: S3Call): Upload['checksum'] {
  const algorithm = header(call, 'x-amz-checksum-algorithm');
  if (algorithm === undefined) return undefined;
  const name = checksumNamed(algorithm);
  const type = header(call, 'x-amz-checksum-type') ?? (name === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  return { name, composite: type === 'COMPOSITE' };
}

/** CreateMultipartUpload. */
export async function createMultipartUpload(call: S3Call): Promise<WireResponse> {
  authorizeObject(call, 's3:PutObject', 'GenerateDataKey');
  const upload: Upload = { key: call.key, headers: attributesOf(call), checksum: checksumKind(call) };
  const uploadId = startUpload(call.bucket, upload);
  const headers = encryptionHeaders(upload.headers);
  if (upload.checksum !== undefined) {
    headers['x-amz-checksum-algorithm'] = upload.checksum.name.toUpperCase();
    headers['x-amz-checksum-type'] = upload.checksum.composite ? 'COMPOSITE' : 'FULL_OBJECT';
  }
  const members = { Bucket: call.bucket.definition.name, Key: call.key, UploadId: uploadId };
  return xmlResponse('InitiateMultipartUploadResult', members, headers);
}

/** UploadPart. */
export async function uploadPart(call: S3Call): Promise<WireResponse> {
  authorizeObject(call, 's3:PutObject', 'GenerateDataKey');
  const uploadId = parameter(call, 'uploadId') ?? '';
  const number = Number(parameter(call, 'partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > maxParts) {
    throw new AwsError(
      'InvalidArgument',
      `Part number must be an integer between 1 and ${maxParts}, inclusive`,
    );
  }
  findUpload(call.bucket, uploadId, call.key);
  const body = await receiveBody(call.request, call.bucket.incoming);
  try {
    const part = storePart(call.bucket, { uploadId, key: call.key, number }, body);
    const headers: Record<string, string> = { etag: `"${part.etag}"` };
    if (part.checksum !== undefined) headers[`x-amz-checksum-${part.checksum.name}`] = part.checksum.value;
    return { status: 200, headers };
  } finally {
    rmSync(body.file, { force: true });
  }
}

async function listedParts(call: S3Call): Promise<PartReference[]> {
  const document = parseXml((await readBody(call.request.body, maxBytes)).toString('utf8'));
  const parts = document?.name === 'CompleteMultipartUpload' ? childrenOf(document, 'Part') : [];
  const references = parts.map((part) => ({
    number: Number(childText(part, 'PartNumber')),
    etag: unquoted(childText(part, 'ETag') ?? ''),
  }));
  if (references.length > 0 && references.every(({ number }) => Number.isInteger(number))) return references;
  throw new AwsError(
    'MalformedXML',
    'The request must be a CompleteMultipartUpload document with at least one part.',
  );
}

/** CompleteMultipartUpload. */
export async function completeMultipartUpload(call: S3Call): Promise<WireResponse> {
  authorizeObject(call, 's3:PutObject');
  const uploadId = parameter(call, 'uploadId') ?? '';
  const upload = findUpload(call.bucket, uploadId, call.key);
  const object = await assemble(call.bucket, uploadId, { upload, parts: await listedParts(call) });
  try {
    const { name } = upload.checksum ?? {};
    const declared = name && header(call, `x-amz-checksum-${name}`);
    if (declared !== undefined)
      compareChecksum(`x-amz-checksum-${name}`, declared, object.checksum?.value ?? '');
    const announced = header(call, 'x-amz-mp-object-size');
    if (announced !== undefined && Number(announced) !== object.size) {
      throw new AwsError(
        'InvalidRequest',
        `The parts have ${object.size} bytes, not the announced ${announced}.`,
      );
    }
    // The parts were joined over several turns: the upload may have been completed or aborted by another request.
    findUpload(call.bucket, uploadId, call.key);
    checkWriteConditions(call);
    const version = call.bucket.put(call.key, object, call.store.clock.now());
    removeUpload(call.bucket, uploadId);
    const location = `/${call.bucket.definition.name}/${call.key}`;
    const members = {
      Location: location,
      Bucket: call.bucket.definition.name,
      Key: call.key,
      ETag: `"${version.etag}"`,
    };
    const checksum = version.checksum && {
      [`Checksum${version.checksum.name.toUpperCase()}`]: version.checksum.value,
      ChecksumType: version.checksum.composite ? 'COMPOSITE' : 'FULL_OBJECT',
    };
    return xmlResponse(
      'CompleteMultipartUploadResult',
      { ...members, ...checksum },
      writtenHeaders(call, version),
    );
  } finally {
    rmSync(object.file, { force: true });
  }
}

/** AbortMultipartUpload. */
export async function abortMultipartUpload(call: S3Call): Promise<WireResponse> {
  authorizeObject(call, 's3:AbortMultipartUpload');
  const uploadId = parameter(call, 'uploadId') ?? '';
  findUpload(call.bucket, uploadId, call.key);
  removeUpload(call.bucket, uploadId);
  return { status: 204 };
}
