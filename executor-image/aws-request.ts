/**
 * Signed requests to Lambda over plain HTTP: all the executor needs of AWS is one call, and the SDK's client would cost every job
 * and every credential process more start-up time than the rest together.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleCredentials } from './container-credentials.ts';
import { type Answer, send, textOf } from './http.ts';

export interface AwsRequest {
  readonly region: string;
  /** The twin's endpoint, instead of the regional one. */
  readonly endpoint?: string;
  /** Encoded as it is sent; no query. */
  readonly path: string;
  readonly body: string;
}

const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 100;

/**
 * Sends a request until it is answered with something other than throttling or a server's failure.
 * @throws Error when that does not happen in several attempts.
 */
export async function sendToAws(
  request: AwsRequest,
  credentials: () => Promise<RoleCredentials>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const { url, headers } = signed(request, await credentials(), new Date());
    const { body } = request;
    const answer = await send(url, { method: 'POST', headers, body }).catch((error: Error) => error);
    const isError = answer instanceof Error;
    if (!isError && answer.status < 500 && answer.status !== 429) return answer;
    if (attempt === ATTEMPTS) {
      if (isError) throw answer;
      throw new Error(`Lambda answered ${answer.status} ${await textOf(answer)}`);
    }
    if (!isError) answer.body.resume();
    await sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2));
  }
}

/** The regional endpoint of a service. */
export const regionalEndpoint = (service: string, region: string) =>
  `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** URL and headers of a request, signed (Signature Version 4). */
export function signed(
  request: AwsRequest,
  credentials: Omit<RoleCredentials, 'expiration'>,
  at: Date,
): { url: string; headers: Record<string, string> } {
  const { region, path, body } = request;
  const url = new URL(path, request.endpoint ?? regionalEndpoint('lambda', region));
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': time,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    'POST',
    // Every service but S3 encodes the path once more.
    path.split('/').map(encodePart).join('/'),
    '',
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/lambda/aws4_request`;
  const key = [day, region, 'lambda', 'aws4_request'].reduce(
    (secret: string | Buffer, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString(
    'hex',
  );
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { url: url.href, headers };
}

/** One part of a path, as RFC 3986 and the signature want it. */
export const encodePart = (part: string) =>
  encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
