/** Moves artifacts over presigned URLs, with plain HTTP. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure, messageOf } from './failure.ts';

const ATTEMPTS = 5;

/** @throws JobFailure (infrastructure) when the store does not give the object after several attempts. */
export async function download(name: string, url: string, file: string): Promise<void> {
  await attempts(`downloading ${name}`, async () => {
    const response = await fetch(url);
    if (!response.ok || !response.body) throw new Error(`the store answered ${response.status}`);
    await pipeline(response.body, createWriteStream(file));
  });
}

/** @throws JobFailure (infrastructure) when the store does not take the object after several attempts. */
export async function upload(name: string, url: string, file: string): Promise<void> {
  const body = await readFile(file);
  await attempts(`uploading ${name}`, async () => {
    const response = await fetch(url, { method: 'PUT', body });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the store answered ${response.status}`);
  });
}

async function attempts(what: string, work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      // The presigned URL's query is a credential: messages never contain the URL.
      if (attempt === ATTEMPTS) throw infrastructure(`${what}: ${messageOf(error)}`);
      await sleep(100 * 4 ** attempt);
    }
  }
}
