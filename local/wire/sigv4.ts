/** Signature Version 4 as the gateway reads it: who signed a request, and whether a presigned URL is genuine and in time. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './errors.ts';

/** Who a request says it is from, as its Authorization header or presigned query has it. */
export interface Identity {
  readonly accessKeyId: string;
  /** `YYYYMMDD` of the credential scope. */
  readonly day: string;
  readonly region: string;
  /** Signing name, for example `s3`. */
  readonly service: string;
  readonly sessionToken: string | undefined;
  /** True when the signature is in the query: such a URL may have been handed to anybody, so it is verified. */
  readonly presigned: boolean;
}

/** The parts of an HTTP request that a signature covers. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

const scopePattern = /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;

/** Reads the caller's identity; undefined when the request is not signed with SigV4. */
export function readIdentity(request: SignedRequest): Identity | undefined {
  const presigned = request.query.has('X-Amz-Signature');
  const credential = presigned
    ? request.query.get('X-Amz-Credential')
    : /^AWS4-HMAC-SHA256 .*?Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  const [, accessKeyId, day, region, service] = scopePattern.exec(credential ?? '') ?? [];
  if (!accessKeyId || !day || !region || !service) return undefined;
  const token = presigned
    ? (request.query.get('X-Amz-Security-Token') ?? undefined)
    : headerText(request.headers['x-amz-security-token']);
  return { accessKeyId, day, region, service, sessionToken: token, presigned };
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

/** RFC 3986 encoding, which SigV4 uses: encodeURIComponent leaves five characters more alone. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A week, the longest life AWS gives a presigned URL. */
const maxExpiresSeconds = 604_800;

/**
 * Throws unless the presigned URL was signed with `secret` for exactly this request and has not expired at `now`
 * (milliseconds). https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function verifyPresigned(
  request: SignedRequest,
  identity: Identity,
  secret: string,
  now: number,
): void {
  const { query } = request;
  const expires = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  const signedAt = parseAmzDate(query.get('X-Amz-Date') ?? '');
  if (!(expires >= 1 && expires <= maxExpiresSeconds) || Number.isNaN(signedAt)) {
    const message = 'X-Amz-Date must be a time and X-Amz-Expires a number of seconds from 1 to 604800.';
    throw new AwsError('AuthorizationQueryParametersError', message, 400);
  }
  const expected = signature(request, identity, secret);
  const given = query.get('X-Amz-Signature') ?? '';
  if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) {
    const message = 'The request signature we calculated does not match the signature you provided.';
    throw new AwsError('SignatureDoesNotMatch', message, 403);
  }
  if (now > signedAt + expires * 1000) throw new AwsError('AccessDenied', 'Request has expired', 403);
  if (now < signedAt - 15 * 60_000) throw new AwsError('AccessDenied', 'Request is not valid yet', 403);
  const signed = signedHeaderNames(query);
  const extra = Object.keys(request.headers).filter(
    (name) => name.startsWith('x-amz-') && !signed.includes(name),
  );
  if (extra.length > 0) {
    const message = `There were headers present in the request which were not signed: ${extra.join(', ')}`;
    throw new AwsError('AccessDenied', message, 403);
  }
}

function parseAmzDate(text: string): number {
  const [, ...parts] = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function signedHeaderNames(query: URLSearchParams): string[] {
  return (query.get('X-Amz-SignedHeaders') ?? '').split(';');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function signature(request: SignedRequest, identity: Identity, secret: string): string {
  const signedHeaders = signedHeaderNames(request.query);
  const canonicalQuery = [...request.query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .sort()
    .join('&');
  const canonicalHeaders = signedHeaders.map(
    (name) => `${name}:${(headerText(request.headers[name]) ?? '').trim().replace(/\s+/g, ' ')}\n`,
  );
  const canonicalRequest = [
    request.method,
    request.path
      .split('/')
      .map((segment) => encodeRfc3986(decodeURIComponent(segment)))
      .join('/'),
    canonicalQuery,
    canonicalHeaders.join(''),
    signedHeaders.join(';'),
    headerText(request.headers['x-amz-content-sha256']) ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = `${identity.day}/${identity.region}/${identity.service}/aws4_request`;
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', request.query.get('X-Amz-Date') ?? '', scope, digest].join('\n');
  const key = [identity.region, identity.service, 'aws4_request'].reduce(
    hmac,
    hmac(`AWS4${secret}`, identity.day),
  );
  return hmac(key, toSign).toString('hex');
}
