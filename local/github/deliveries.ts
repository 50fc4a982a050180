/** Webhook deliveries: signed as GitHub signs them, kept, and sent again with the same GUID on request. */
import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../wire/files.ts';
import { Records } from './records.ts';

/** A delivery as it was first sent. */
export interface Delivery {
  readonly guid: string;
  readonly event: string;
  /** The exact bytes that were signed. */
  readonly body: string;
  readonly repository: number;
}

/** What the receiver answered; status 0 when it did not within GitHub's ten seconds. */
export interface DeliveryAnswer {
  readonly guid: string;
  readonly status: number;
  readonly body: string;
}

/** One try to deliver, as the App is told of it: https://docs.github.com/en/rest/apps/webhooks */
export interface Attempt {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly redelivery: boolean;
  /** `OK`, or what went wrong. */
  readonly status: string;
  readonly status_code: number;
  readonly event: string;
  readonly action: string | null;
  readonly repository_id: number;
}

/** https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks */
const PATIENCE_MS = 10_000;

export interface DeliveriesOptions {
  readonly folder: string;
  /** Where webhooks go. */
  readonly url: () => string;
  /** The secret the receiver checks signatures with, read anew for every delivery: it may be rotated. */
  readonly secret: () => string;
  /** Called after every delivery. */
  readonly sent: () => void;
}

/** All deliveries of a state directory. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #attempts: Records<Attempt>;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#attempts = new Records(join(options.folder, 'attempts.jsonl'));
  }

  /** Every try of every delivery, oldest first. */
  attempts(): readonly Attempt[] {
    return this.#attempts.all();
  }

  /** Sends an event, `times` at once (GitHub may deliver twice), and keeps it. Answers with the first attempt's end. */
  async send(
    event: string,
    payload: object,
    { repository, times = 1 }: { repository: number; times?: number },
  ) {
    const delivery: Delivery = { guid: randomUUID(), event, body: JSON.stringify(payload), repository };
    writeFileAtomic(this.#file(delivery.guid), JSON.stringify(delivery));
    return this.#post(delivery, times, false);
  }

  /** Sends a kept delivery again. Throws when there is none with this GUID. */
  redeliver(guid: string, times = 1): Promise<DeliveryAnswer> {
    const file = this.#file(guid);
    if (!existsSync(file)) throw new Error(`redelivering ${guid}: this GitHub has no such delivery`);
    return this.#post(JSON.parse(readFileSync(file, 'utf8')) as Delivery, times, true);
  }

  async #post(delivery: Delivery, times: number, redelivery: boolean): Promise<DeliveryAnswer> {
    const attempts = await Promise.all(Array.from({ length: times }, () => this.#attempt(delivery)));
    for (const answer of attempts) this.#note(delivery, answer, redelivery);
    this.#options.sent();
    return attempts[0] ?? { guid: delivery.guid, status: 0, body: 'not delivered' };
  }

  async #attempt({ guid, event, body }: Delivery): Promise<DeliveryAnswer> {
    const signature = createHmac('sha256', this.#options.secret()).update(body).digest('hex');
    try {
      const response = await fetch(this.#options.url(), {
        method: 'POST',
        headers: {
          accept: '*/*',
          'content-type': 'application/json',
          'user-agent': 'GitHub-Hookshot/local',
          'x-github-delivery': guid,
          'x-github-event': event,
          'x-github-hook-id': '1',
          'x-github-hook-installation-target-type': 'repository',
          'x-hub-signature-256': `sha256=${signature}`,
        },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { guid, status: response.status, body: await response.text() };
    } catch (error) {
      return { guid, status: 0, body: error instanceof Error ? error.message : String(error) };
    }
  }

  #note({ guid, event, body, repository }: Delivery, { status }: DeliveryAnswer, redelivery: boolean): void {
    const { action = null } = JSON.parse(body) as { action?: string };
    this.#attempts.add((id) => ({
      ...{ id, guid, event, action, redelivery, repository_id: repository, status_code: status },
      delivered_at: new Date().toISOString(),
      status:
        status >= 200 && status < 300
          ? 'OK'
          : status === 0
            ? 'timed out'
            : `Invalid HTTP Response: ${status}`,
    }));
  }

  #file(guid: string): string {
    return join(this.#options.folder, `${guid}.json`);
  }
}
