/** DeleteObjects: up to a thousand keys in one request. */
import { AwsError } from '../errors.ts';
import type { WireResponse } from '../service.ts';
import { childrenOf, childText, parseXml, type XmlMembers } from '../xml.ts';
import { readDocument } from './body.ts';
import { authorizeObject, type S3Call, xmlResponse } from './call.ts';

const maxKeys = 1000;
/** A thousand keys of 1,024 bytes with their markup stay below this. */
const maxBytes = 2 * 1024 * 1024;

/** Deletes the listed keys; each one the caller may not delete is answered as an error of its own. */
export async function deleteObjects(call: S3Call): Promise<WireResponse> {
  const document = parseXml(await readDocument(call.request, maxBytes));
  const entries = document?.name === 'Delete' ? childrenOf(document, 'Object') : [];
  if (document === undefined || entries.length === 0 || entries.length > maxKeys) {
    throw new AwsError('MalformedXML', `The request must be a Delete document with 1 to ${maxKeys} objects.`);
  }
  const deleted: XmlMembers[] = [];
  const errors: XmlMembers[] = [];
  for (const entry of entries) {
    const key = childText(entry, 'Key') ?? '';
    const versionId = childText(entry, 'VersionId');
    const target = { Key: key, VersionId: versionId };
    try {
      authorizeObject(
        { ...call, key },
        versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion',
      );
      const done = call.bucket.delete(key, versionId, call.store.clock.now());
      const marker = { DeleteMarker: true, DeleteMarkerVersionId: done?.versionId };
      deleted.push(done?.deleteMarker ? { ...target, ...marker } : target);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      errors.push({ ...target, Code: error.code, Message: error.message });
    }
  }
  const quiet = childText(document, 'Quiet') === 'true';
  return xmlResponse('DeleteResult', { Deleted: quiet ? [] : deleted, Error: errors });
}
