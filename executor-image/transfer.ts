/** Moves artifacts over presigned URLs, with plain HTTP. */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure, messageOf } from './failure.ts';
import { type Answer, type Question, send, textOf } from './http.ts';

const ATTEMPTS = 5;

/** @throws JobFailure (infrastructure) when the store does not give the object after several attempts. */
export async function download(name: string, url: string, file: string): Promise<void> {
  await attempts(`downloading ${name}`, async () => {
    const { body } = await ask(url);
    await pipeline(body, createWriteStream(file));
  });
}

/** A small JSON document. @throws JobFailure (infrastructure) when the store does not give it after several attempts. */
export async function readJson(name: string, url: string): Promise<unknown> {
  return attempts(`downloading ${name}`, async () => JSON.parse(await textOf(await ask(url))));
}

/** @throws JobFailure (infrastructure) when the store does not take the object after several attempts. */
export async function upload(name: string, url: string, file: string): Promise<void> {
  const body = await readFile(file);
  await attempts(`uploading ${name}`, async () => {
    (await ask(url, { method: 'PUT', body })).body.resume();
  });
}

async function ask(url: string, question?: Question): Promise<Answer> {
  const answer = await send(url, question);
  if (answer.ok) return answer;
  answer.body.resume();
  throw new Error(`the store answered ${answer.status}`);
}

async function attempts<T>(what: string, work: () => Promise<T>): Promise<T> {
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
