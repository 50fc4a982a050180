/** Sends a custom resource's answer to CloudFormation. */
import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../image-build/answer.ts';

const ATTEMPTS = 5;

/**
 * The address is presigned: it is a secret for as long as it lasts, and goes into no message. `pause` is what the first wait takes.
 * @throws Error after five attempts; Lambda then calls the function once more, which finds the image there and answers again.
 */
export async function sendAnswer(url: string, answer: Answer, pause = 1000): Promise<void> {
  let problem = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await setTimeout(pause * 2 ** (attempt - 1));
    try {
      const response = await fetch(url, {
        method: 'PUT',
        // The signature covers an empty content type.
        headers: { 'content-type': '' },
        body: JSON.stringify(answer),
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) return;
      problem = `S3 answered ${response.status}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error(
    `answering CloudFormation for ${answer.LogicalResourceId}: ${problem}, ${ATTEMPTS} times; the stack waits until its service timeout`,
  );
}
