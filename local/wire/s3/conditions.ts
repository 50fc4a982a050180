/** Conditional requests: If-Match and If-None-Match as S3 judges them, for writes and for reads. */
import { AwsError, notServed } from '../errors.ts';
import type { ObjectVersion } from './bucket.ts';
import { header, noSuchKey, type S3Call, unquoted } from './call.ts';

function preconditionFailed(condition: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError('PreconditionFailed', message, 412, { members: { Condition: condition } });
}

/**
 * Throws unless the object may be written or deleted now. Call it in the same turn as the change.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWriteConditions(call: S3Call): void {
  const ifNoneMatch = header(call, 'if-none-match');
  const ifMatch = header(call, 'if-match');
  const current = call.bucket.current(call.key);
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw notServed('s3', `If-None-Match "${ifNoneMatch}" on a write (only "*")`);
    if (current !== undefined) throw preconditionFailed('If-None-Match');
  }
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(call);
  if (ifMatch !== '*' && unquoted(ifMatch) !== current.etag) throw preconditionFailed('If-Match');
}

function lists(condition: string, etag: string): boolean {
  return condition.split(',').some((candidate) => candidate.trim() === '*' || unquoted(candidate) === etag);
}

/** Whether a read may go on (`send`) or the client's copy is current (`not-modified`); throws when If-Match fails. */
export function checkReadConditions(call: S3Call, version: ObjectVersion): 'send' | 'not-modified' {
  const ifMatch = header(call, 'if-match');
  const ifNoneMatch = header(call, 'if-none-match');
  if (ifMatch !== undefined && !lists(ifMatch, version.etag)) throw preconditionFailed('If-Match');
  return ifNoneMatch !== undefined && lists(ifNoneMatch, version.etag) ? 'not-modified' : 'send';
}
