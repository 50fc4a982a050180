/** EventBridge Scheduler of the twin: one-time schedules, kept over restarts; what fell due in between is published at the start. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ScheduleGroupDefinition } from '../assembly/model.ts';
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../wire/clock.ts';
import { AwsError } from '../wire/errors.ts';
import { writeFileAtomic } from '../wire/files.ts';
import type { Principals } from '../wire/principals.ts';
import type { Authorize } from '../wire/service.ts';
import { dueTime, type Schedule, scheduleSchema } from './schedule.ts';

export interface SchedulesOptions {
  readonly groups: readonly ScheduleGroupDefinition[];
  readonly folder: string;
  readonly clock: Clock;
  readonly bus: Pick<Bus, 'put'>;
  readonly sendMessage: (queueArn: string, body: string) => void;
  readonly principals: Principals;
  readonly authorize: Authorize;
  /** Hears of events that were not published. */
  readonly lost: (message: string) => void;
}

const storedSchema = z.strictObject({ schedule: scheduleSchema, due: z.number() });
type Stored = z.output<typeof storedSchema>;

/** Longest time a timer of Node takes. Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All schedules of the stack's groups. */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #file: string;
  readonly #stored: Map<string, Stored>;
  readonly #timers = new Map<string, () => void>();

  constructor(options: SchedulesOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#file = join(options.folder, 'schedules.json');
    const known = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, 'utf8')) : [];
    this.#stored = new Map(
      storedSchema
        .array()
        .parse(known)
        .map((one) => [keyOf(one.schedule), one]),
    );
  }

  /** From now on schedules are invoked. */
  start(): void {
    for (const key of this.#stored.keys()) this.#arm(key);
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** A repeated call with the same client token answers as the first did. */
  create(schedule: Schedule): { readonly ScheduleArn: string } {
    const group = this.#group(schedule.GroupName);
    const key = keyOf(schedule);
    const known = this.#stored.get(key)?.schedule;
    if (known === undefined) return this.#keep(schedule);
    const { ClientToken } = schedule;
    if (ClientToken !== undefined && ClientToken === known.ClientToken) return arnOf(group, schedule);
    throw new AwsError('ConflictException', `Schedule ${schedule.Name} already exists.`, 409);
  }

  /** Replaces a schedule whole: what is not said is not kept. */
  update(schedule: Schedule): { readonly ScheduleArn: string } {
    this.#group(schedule.GroupName);
    this.#require(schedule);
    return this.#keep(schedule);
  }

  remove(named: Pick<Schedule, 'GroupName' | 'Name'>): void {
    this.#group(named.GroupName);
    this.#require(named);
    this.#forget(keyOf(named));
  }

  /** Those that are still to be invoked, the next one first. */
  list(): readonly { readonly name: string; readonly due: Date }[] {
    const all = [...this.#stored.values()].sort((one, other) => one.due - other.due);
    return all.map(({ schedule, due }) => ({ name: schedule.Name, due: new Date(due) }));
  }

  #group(name: string): ScheduleGroupDefinition {
    const group = this.#options.groups.find((one) => one.name === name);
    if (group !== undefined) return group;
    throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, 404);
  }

  #require(named: Pick<Schedule, 'GroupName' | 'Name'>): void {
    if (this.#stored.has(keyOf(named))) return;
    throw new AwsError('ResourceNotFoundException', `Schedule ${named.Name} does not exist.`, 404);
  }

  #keep(schedule: Schedule) {
    const due = dueTime(schedule.ScheduleExpression, this.#options.clock.now());
    const key = keyOf(schedule);
    this.#stored.set(key, { schedule, due });
    this.#save();
    this.#arm(key);
    return arnOf(this.#group(schedule.GroupName), schedule);
  }

  #forget(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
    this.#stored.delete(key);
    this.#save();
  }

  #arm(key: string): void {
    this.#timers.get(key)?.();
    const { clock } = this.#options;
    const wait = Math.max((this.#stored.get(key)?.due ?? 0) - clock.now(), 0);
    const wake = () => (wait > LONGEST_TIMER ? this.#arm(key) : this.#invoke(key));
    this.#timers.set(key, clock.after(Math.min(wait, LONGEST_TIMER), wake));
  }

  /** The schedule goes last: one that is cut off is invoked again at the next start, at least once as on AWS. */
  #invoke(key: string): void {
    const schedule = this.#stored.get(key)?.schedule;
    if (schedule === undefined) return;
    try {
      this.#publish(schedule);
    } catch (error) {
      this.#bury(schedule, error instanceof Error ? error.message : String(error));
    }
    this.#forget(key);
  }

  #publish({ Target }: Schedule): void {
    this.#asRole(Target.RoleArn, 'events:PutEvents', Target.Arn);
    const [answer] = this.#options.bus.put([
      {
        EventBusName: Target.Arn,
        Source: Target.EventBridgeParameters.Source,
        DetailType: Target.EventBridgeParameters.DetailType,
        Detail: Target.Input,
        Resources: [],
      },
    ]);
    if (answer !== undefined && 'ErrorMessage' in answer) throw new Error(answer.ErrorMessage);
  }

  #asRole(roleArn: string, action: string, resource: string): void {
    const { principals, authorize } = this.#options;
    const principal = principals.openSession(roleArn, { sessionName: 'scheduler' });
    const refusal = authorize({ principal, action, resource });
    principals.revoke(principal.credentials.accessKeyId);
    if (refusal !== undefined) throw new Error(`${roleArn} may not ${action} ${resource}: ${refusal}`);
  }

  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html */
  #bury({ Name, Target }: Schedule, reason: string): void {
    const { lost, sendMessage } = this.#options;
    const told = `the event of schedule ${Name} was not published: ${reason}`;
    const queue = Target.DeadLetterConfig?.Arn;
    if (queue === undefined) {
      lost(told);
      return;
    }
    try {
      this.#asRole(Target.RoleArn, 'sqs:SendMessage', queue);
      sendMessage(queue, Target.Input);
      lost(`${told}; it is in the dead-letter queue ${queue}`);
    } catch (error) {
      lost(`${told}; nor to its dead-letter queue: ${String(error)}`);
    }
  }

  #save(): void {
    writeFileAtomic(this.#file, JSON.stringify([...this.#stored.values()]), 0o600);
  }
}

const keyOf = ({ GroupName, Name }: Pick<Schedule, 'GroupName' | 'Name'>) => `${GroupName}/${Name}`;

const arnOf = ({ arn }: ScheduleGroupDefinition, { Name }: Schedule) => ({
  ScheduleArn: `${arn.replace(':schedule-group/', ':schedule/')}/${Name}`,
});
