/**
 * Plain HTTP for the few exchanges every job has. Loading Node's `fetch` and using it first would cost each job and each credential
 * process some 100 ms of processor time, more than all the rest of their start.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

// As ES modules they would be asked for all their members at once, and load what `fetch` is made of after all.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** A connection on which nothing moves for so long is given up. Milliseconds. */
const SILENCE_MS = 300_000;

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  /** 2xx */
  readonly ok: boolean;
  readonly headers: IncomingHttpHeaders;
  /** Fails when the connection ends before it does. Whoever does not read it calls `resume`. */
  readonly body: IncomingMessage;
}

/** Redirects are not followed. @throws Error when there is no answer. */
export function send(
  url: string,
  { method = 'GET', headers = {}, body = '' }: Question = {},
): Promise<Answer> {
  const { request } = url.startsWith('https:') ? https : http;
  const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const question = request(url, { method, headers: { ...headers, ...length } }, (answer) => {
      const { statusCode: status = 0 } = answer;
      resolve({ status, ok: status >= 200 && status < 300, headers: answer.headers, body: answer });
    });
    question.on('error', reject);
    question.setTimeout(SILENCE_MS, () =>
      question.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} seconds`)),
    );
    question.end(body);
  });
}

/** The whole body, as UTF-8. */
export async function textOf({ body }: Answer): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
