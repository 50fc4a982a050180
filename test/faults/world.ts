/** The whole world of one run: machines, functions, jobs, cloud, GitHub and messages, in memory and in virtual time. Used by `run.ts`. */
import { ANNOUNCEMENT_EVENT, announcementSchema } from '../../core/contracts/announcement.ts';
import type { OperationRequested } from '../../core/contracts/operation.ts';
import type { PushReceived } from '../../core/contracts/push.ts';
import type { LedgerKey } from '../../core/ledger/keys.ts';
import type { Ledger, LedgerValue } from '../../lambdas/ports.ts';
import type { Json } from '../../local/asl/json.ts';
import { type LedgerMemory, ledgerMemory } from '../support/ledger-memory.ts';
import { NO_MERGE } from '../support/no-merge.ts';
import { type ObjectsMemory, objectsMemory } from '../support/objects-memory.ts';
import { segmentsMemory } from '../support/segments-memory.ts';
import { Batch } from './batch.ts';
import type { Cloud } from './cloud.ts';
import { Functions, type Ports } from './functions.ts';
import { Machines } from './machines.ts';
import type { KINDS, Points } from './points.ts';
import type { Repository } from './repository.ts';
import { SimClock } from './sim-clock.ts';

const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** No pull request is planned in these scenarios. */
type WorldRequest = OperationRequested | PushReceived;

/** What a run begins with. */
export interface Beginning {
  readonly repository: Repository;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly items: readonly (LedgerKey & Record<string, LedgerValue>)[];
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly cloud: Cloud;
  /** Tells what runs in this world from what ran in the worlds before it. */
  readonly generation: number;
}

export class World {
  readonly clock: SimClock;
  readonly repository: Repository;
  readonly cloud: Cloud;
  readonly points: Points;
  readonly machines: Machines;
  readonly batch: Batch;
  readonly functions: Functions;
  readonly ledger: LedgerMemory;
  readonly store: ObjectsMemory;
  readonly lines: string[] = [];
  /** Stages of the user's code that fail: `apply dev/b b2(a2)`. */
  readonly fails = new Set<string>();
  /** Messages on their way. */
  #underway = 0;
  #statusMessages: string[] = [];
  #nonces = 0;
  readonly #generation: number;

  constructor(beginning: Beginning, points: Points) {
    const { repository, now, items, objects, cloud, generation } = beginning;
    this.#generation = generation;
    this.repository = repository;
    this.points = points;
    this.cloud = cloud.copy();
    this.clock = new SimClock(now);
    this.ledger = ledgerMemory();
    for (const { pk, sk, ...item } of items) void this.ledger.put({ pk, sk }, item);
    this.store = objectsMemory();
    for (const [key, body] of objects) this.store.objects.set(key, body);
    const trail = (line: string) => this.trail(line);
    const run = String(generation);
    this.machines = new Machines({
      ...{ clock: this.clock, points, trail, run },
      functions: () => this.functions,
      batch: () => this.batch,
      read: this.store.get,
      ended: ({ status, name, input }) => {
        if (status === 'SUCCEEDED') return;
        const kinds = ['lost', 'twice', 'late'] as const;
        this.#send(
          `status change of ${name}`,
          kinds,
          () => void this.sweep({ input: JSON.stringify(input) }),
        );
      },
    });
    this.batch = new Batch({
      ...{ cloud: this.cloud, store: this.store, points, trail, run, fails: this.fails },
      now: () => new Date(this.clock.now()).toISOString(),
      sleep: (milliseconds) => this.clock.sleep(milliseconds),
      versionsOf: (commit) => repository.versionsOf(commit),
      admit: async (input) => {
        const { job, action } = input as { job?: string; action: string };
        const about = job === undefined ? action : `${action} ${job.split('/').slice(3, -1).join('/')}`;
        return (await this.functions.invoke('Admit', input, about)) as Awaited<ReturnType<BatchAdmit>>;
      },
    });
    this.functions = new Functions(this.#ports(), points, trail);
  }

  trail(line: string): void {
    this.lines.push(`${new Date(this.clock.now()).toISOString().slice(5, 19)} ${line}`);
  }

  /** GitHub's delivery, or what a person asked for, has come as far as the bus. */
  request(request: WorldRequest): void {
    const { what, commit } =
      'operation' in request
        ? { what: request.operation, commit: request.commit }
        : { what: 'push', commit: request.after };
    this.#send(`${what} of ${commit.slice(0, 7)}`, ['twice', 'late'], () => {
      this.machines.start('belay-release', request as unknown as Json);
    });
  }

  /** With the detail of a status change: after that execution. */
  async sweep(detail: { input?: string } = {}): Promise<string[]> {
    try {
      const { done } = (await this.functions.invoke('Sweep', { detail })) as { done: string[] };
      return done;
    } catch {
      return [];
    }
  }

  /** Nothing runs but what waits for a person or for time. */
  get isQuiet(): boolean {
    const isIdle = this.#underway === 0 && this.functions.running === 0;
    return isIdle && this.machines.running.length === 0 && this.batch.running.length === 0;
  }

  /** Lets time pass until `isDone`, at most this long; false when it was not done by then. */
  async until(isDone: () => boolean, atMost: number): Promise<boolean> {
    const end = this.clock.now() + atMost;
    for (;;) {
      await this.settle();
      if (isDone()) return true;
      const { next } = this.clock;
      if (next === undefined || next > end) {
        this.clock.moveTo(end);
        return false;
      }
      this.clock.fireNext();
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.functions.running > 0);
  }

  /** What the next run can begin with. */
  get present(): Beginning {
    const items = [...this.ledger.items.values()] as (LedgerKey & Record<string, LedgerValue>)[];
    const { repository, cloud } = this;
    const objects = new Map(this.store.objects);
    return { repository, cloud, items, objects, now: this.clock.now(), generation: this.#generation + 1 };
  }

  /** A message takes a second. */
  #send(
    name: string,
    kinds: readonly Extract<keyof typeof KINDS.message, string>[],
    arrive: () => void,
  ): void {
    const kind = this.points.at('message', name, kinds);
    if (kind !== undefined) this.trail(`*** ${kind}: ${name}`);
    if (kind === 'lost') return;
    const deliver = (after: number) => {
      this.#underway += 1;
      this.clock.after(after, () => {
        this.#underway -= 1;
        arrive();
      });
    };
    deliver(kind === 'late' ? 6 * HOUR : SECOND);
    if (kind === 'twice') deliver(10 * MINUTE);
  }

  /** The status queue: what has come together is handed over together; what fails comes again after the visibility timeout. */
  #takeStatus(body: string): void {
    this.#statusMessages.push(body);
    if (this.#statusMessages.length > 1) return;
    this.#underway += 1;
    this.clock.after(SECOND, () => void this.#handOver());
  }

  async #handOver(): Promise<void> {
    const bodies = this.#statusMessages.splice(0, 10);
    const records = bodies.map((body, index) => ({
      messageId: String(index),
      receiptHandle: String(index),
      body,
      attributes: { ApproximateReceiveCount: '1' },
    }));
    const failed = await this.functions.invoke('GitStatus', { Records: records }).then(
      (answer) => (answer as { batchItemFailures: { itemIdentifier: string }[] }).batchItemFailures,
      () => records.map(({ messageId }) => ({ itemIdentifier: messageId })),
    );
    const again = failed.map(({ itemIdentifier }) => bodies[Number(itemIdentifier)] ?? '');
    this.#statusMessages.unshift(...again);
    if (this.#statusMessages.length === 0) {
      this.#underway -= 1;
      return;
    }
    this.clock.after(again.length > 0 ? 6 * MINUTE : 0, () => void this.#handOver());
  }

  #ports(): Ports {
    const { machines, batch, repository, clock } = this;
    return {
      ledger: watched(this.ledger, this.cloud.violations),
      store: this.store,
      answers: { answered: () => Promise.reject(new Error('nobody has commented')) },
      status: {
        changed: async ({ id, repository: number, commit }) => {
          const body = JSON.stringify({ release: { id, repository: number, commit } });
          this.#send(`status of ${id}`, ['twice', 'late'], () => this.#takeStatus(body));
        },
      },
      tokens: machines.tokenPort,
      executions: machines.executions,
      redrives: machines.redrives,
      jobs: {
        hasEnded: async (id) => batch.hasEnded(id),
        runningSince: async () => undefined,
        wasSubmittedFor: async (id, key) => batch.wasSubmittedFor(id, key),
      },
      jobControl: { terminate: async (id) => batch.terminate(id) },
      github: { ...NO_MERGE.github, ...repository.gitHub },
      merges: NO_MERGE.merges,
      // What is put off comes again after the visibility timeout, as what has failed does.
      messages: { delay: async () => {} },
      writesPerHour: 1_000_000,
      git: repository.git,
      bus: {
        publish: async ({ source, detail }) => {
          if (source === ANNOUNCEMENT_EVENT.source) announcementSchema.parse(detail);
          else this.request(detail as WorldRequest);
        },
      },
      // No environment of these scenarios has an end: there is only something to remove.
      schedules: { set: async () => {}, remove: async () => {} },
      clock: { now: () => new Date(clock.now()) },
      log: () => {},
      measure: () => {},
      githubUrl: 'https://github.com',
      state: { bucket: 'artifacts', kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k' },
      newRequestId: () => `request-${this.#generation}-${++this.#nonces}`,
      segments: segmentsMemory(),
      newNonce: () => `nonce-${++this.#nonces}`.padEnd(43, '-'),
    };
  }
}

type BatchAdmit = ConstructorParameters<typeof Batch>[0]['admit'];

/** A ledger that tells when a target's outcome is changed by anything but a rollback's end or a newer attempt. */
function watched(ledger: LedgerMemory, violations: string[]): Ledger {
  const outcomeAt = ({ pk, sk }: LedgerKey) => {
    if (!/^(outcome|reverse|forward)\//.test(sk)) return undefined;
    const item = ledger.items.get(`${pk} ${sk}`);
    return item?.outcome === undefined ? undefined : { ...item };
  };
  const watching = async <T>(key: LedgerKey, write: () => Promise<T>): Promise<T> => {
    const before = outcomeAt(key);
    const answer = await write();
    const after = ledger.items.get(`${key.pk} ${key.sk}`);
    const isFolded = before?.rollback === undefined && after?.rollback !== undefined;
    // Targets of an environment that was never opened are skipped, and wait again when the release is redriven.
    const isSame = before?.attempt === after?.attempt && before?.attempt !== 0;
    if (before !== undefined && before.outcome !== after?.outcome && isSame && !isFolded) {
      violations.push(`${key.sk} was ${before.outcome} and became ${after?.outcome}`);
    }
    return answer;
  };
  return {
    ...ledger,
    put: (key, item, condition) => watching(key, () => ledger.put(key, item, condition)),
    update: (key, change, condition) => watching(key, () => ledger.update(key, change, condition)),
  };
}
