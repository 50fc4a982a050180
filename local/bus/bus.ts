/** EventBridge of the twin: events go to every rule whose pattern they match, and into the archives. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../asl/json.ts';
import type { RuleDefinition, TargetDefinition } from '../assembly/model.ts';
import { arnOf } from '../assembly/resource.ts';
import { targetInput } from '../events/input.ts';
import { compilePattern, type Matcher } from '../events/pattern.ts';
import { AwsError } from '../wire/errors.ts';
import {
  type BusEvent,
  type Entry,
  type EntryError,
  entrySize,
  eventOf,
  newEvent,
  scheduledEvent,
} from './event.ts';
import { deliver, requireQueuePolicy, type TargetOptions } from './targets.ts';

export interface BusOptions extends TargetOptions {
  /** Folder of the archives. */
  readonly folder: string;
  /** How often every event is delivered: delivery is at least once, so tests may ask for more. @default 1 */
  readonly deliveries?: number;
  /** Hears of deliveries that reached neither their target nor a dead-letter queue. */
  readonly lost: (message: string) => void;
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
const MAX_REQUEST_BYTES = 1024 * 1024;

/** All buses of the stack, and the account's default bus. */
export class Bus {
  readonly #options: BusOptions;
  readonly #rules: readonly { readonly rule: RuleDefinition; readonly matches: Matcher }[];
  readonly #archives: readonly { readonly bus: string; readonly file: string; readonly matches: Matcher }[];
  readonly #schedules: NodeJS.Timeout[] = [];
  #delivering = 0;

  /** Throws InvalidEventPatternException when a rule's or an archive's pattern is not valid. */
  constructor(options: BusOptions) {
    this.#options = options;
    const { rules, archives } = options.assembly;
    mkdirSync(options.folder, { recursive: true });
    this.#rules = rules
      .filter(({ enabled }) => enabled)
      .map((rule) => ({
        rule,
        matches: rule.pattern === undefined ? () => false : compilePattern(rule.pattern),
      }));
    this.#archives = archives.map(({ name, busArn, pattern }) => ({
      bus: busArn.replace(/^.*:event-bus\//, ''),
      file: join(options.folder, `archive-${name}.jsonl`),
      matches: pattern === undefined ? () => true : compilePattern(pattern),
    }));
  }

  /** Fires every rule with a schedule at its interval, and at once when `now` is true. */
  startSchedules({ now }: { readonly now: boolean }): void {
    for (const { rule } of this.#rules) {
      if (rule.everyMs === undefined) continue;
      const fire = () => this.#toTargets(rule, scheduledEvent(rule.arn, this.#options.assembly.place));
      this.#schedules.push(setInterval(fire, rule.everyMs).unref());
      if (now) fire();
    }
  }

  /** Ends the schedules. */
  close(): void {
    for (const schedule of this.#schedules) clearInterval(schedule);
  }

  /** True while any delivery is under way. */
  get busy(): boolean {
    return this.#delivering > 0;
  }

  /** The ARN of a bus given by name or ARN. Throws ResourceNotFoundException. */
  arn(nameOrArn: string): string {
    const { place, buses } = this.#options.assembly;
    const name = nameOrArn.replace(/^arn:.*:event-bus\//, '');
    if (name === 'default') return arnOf(place, 'events', 'event-bus/default');
    const bus = buses.find((candidate) => candidate.name === name);
    if (bus !== undefined) return bus.arn;
    throw new AwsError('ResourceNotFoundException', `Event bus ${nameOrArn} does not exist.`);
  }

  /** PutEvents: takes the valid entries and says what is wrong with the others. */
  put(entries: readonly Entry[]): ({ readonly EventId: string } | EntryError)[] {
    if (entries.length === 0 || entries.length > MAX_ENTRIES) {
      const constraint = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`;
      throw new AwsError('ValidationException', constraint);
    }
    if (entries.reduce((size, entry) => size + entrySize(entry), 0) >= MAX_REQUEST_BYTES) {
      throw new AwsError(
        'ValidationException',
        'Total size of the entries in the request is over the limit.',
      );
    }
    const { place } = this.#options.assembly;
    return entries.map((entry) => {
      const bus = this.arn(entry.EventBusName).replace(/^.*:event-bus\//, '');
      const event = eventOf(entry, place, Date.now());
      if (!('id' in event)) return event;
      this.#accept(bus, event, entry.TraceHeader);
      return { EventId: event.id };
    });
  }

  /** An event of AWS itself, which go to the default bus. */
  publish(content: { source: string; detailType: string; resources: readonly string[]; detail: Json }): void {
    this.#accept('default', newEvent(content, this.#options.assembly.place, Date.now()));
  }

  /** The tracing header goes with the event, and is neither seen in it nor kept in an archive. */
  #accept(bus: string, event: BusEvent, traceHeader?: string): void {
    for (const archive of this.#archives) {
      if (archive.bus === bus && archive.matches(event)) {
        appendFileSync(archive.file, `${JSON.stringify(event)}\n`);
      }
    }
    for (const { rule, matches } of this.#rules) {
      if (rule.busName === bus && matches(event)) this.#toTargets(rule, event, traceHeader);
    }
  }

  #toTargets(rule: RuleDefinition, event: BusEvent, traceHeader?: string): void {
    for (const target of rule.targets) {
      for (let copy = 0; copy < (this.#options.deliveries ?? 1); copy++) {
        this.#delivering++;
        // The publisher has its answer before anything is delivered.
        const delivery = { target, event, traceHeader };
        setImmediate(() => void this.#deliver(rule, delivery).finally(() => this.#delivering--));
      }
    }
  }

  async #deliver(
    rule: RuleDefinition,
    {
      target,
      event,
      traceHeader,
    }: { target: TargetDefinition; event: BusEvent; traceHeader: string | undefined },
  ): Promise<void> {
    const facts = { ruleArn: rule.arn, ruleName: rule.name, ingestionTime: new Date().toISOString() };
    let input = '';
    try {
      input = targetInput(target.input, event as unknown as Json, facts);
      await deliver(this.#options, rule, { target, input, traceHeader });
    } catch (error) {
      this.#bury(rule, { target, event, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
  #bury(rule: RuleDefinition, failed: { target: TargetDefinition; event: BusEvent; reason: string }): void {
    const { target, event, reason } = failed;
    const lost = `event ${event.id} of rule ${rule.name} was not delivered to ${target.arn}: ${reason}`;
    if (target.deadLetterArn === undefined) {
      this.#options.lost(lost);
      return;
    }
    try {
      requireQueuePolicy(this.#options.assembly, rule, target.deadLetterArn);
      this.#options.services.sendMessage(target.deadLetterArn, JSON.stringify(event), undefined);
      this.#options.lost(`${lost}; it is in the dead-letter queue ${target.deadLetterArn}`);
    } catch (error) {
      this.#options.lost(`${lost}; nor to its dead-letter queue: ${String(error)}`);
    }
  }
}
