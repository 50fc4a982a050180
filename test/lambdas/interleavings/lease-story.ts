/**
 * Several releases want the same environment: pushes that arrive in any order, a rewritten history, another branch; functions die,
 * executions are stopped while their jobs write, releases are cancelled and redriven, the sweep runs in between.
 */
import type { LeaseGrant } from '../../../core/contracts/functions.ts';
import type { ReleaseRef } from '../../../core/contracts/release.ts';
import { environmentItemSchema } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../../core/ledger/release-items.ts';
import { Gauges } from '../../../lambdas/sweep/gauges.ts';
import { commitOf, REPOSITORY, release, target, type World, world } from '../../support/deployment-world.ts';
import { watchEnvironment } from './environment-watch.ts';
import { Crash, Scheduler, Stopped, stepped } from './scheduler.ts';
import type { Subject } from './subject.ts';

type Ports = World['ports'];

/** Commits `1…` to `4…` follow each other; `f…` is on a history that was rewritten. */
const placeOf = (commit: string) => (commit.startsWith('f') ? undefined : Number(commit[0]));
const WHERE = { repository: 7, environment: 'dev' };

/** Answers what was not as it must be. */
export async function leaseStory(seed: number, subject: Subject): Promise<string[]> {
  return new LeaseStory(seed, subject).tell();
}

class LeaseStory {
  readonly #subject: Subject;
  readonly #schedule: Scheduler;
  readonly #w = world();
  readonly #ports: Ports;
  readonly #problems: string[] = [];
  /** Executions between their grant and their giving back; jobs that write, by component. */
  readonly #acting = new Set<string>();
  readonly #writing = new Map<string, string>();
  readonly #stopped = new Set<string>();
  /** Execution → what it was told, with effect. */
  readonly #told = new Map<string, LeaseGrant>();
  readonly #unfinished = new Set<string>();
  /** Executions that had to wait, and the token each waits with. */
  readonly #queued = new Set<string>();
  readonly #openTokens = new Map<string, string>();
  /** Whether anything was lost that only the sweep finds. */
  #needsSweep = false;
  #crashesLeft: number;
  #latest = 0;
  #tokens = 0;
  #runs = 0;

  constructor(seed: number, subject: Subject) {
    this.#subject = subject;
    this.#schedule = new Scheduler(seed);
    this.#crashesLeft = this.#schedule.chance(0.5) ? 3 : 0;
    const around = {
      head: () => this.#w.github.head ?? '',
      placeOf,
      isAllowed: (id: string) => (this.#item(id)?.older ?? false) === true,
      isActing: (execution: string) => this.#acting.has(execution),
    };
    const { ports } = this.#w;
    this.#ports = {
      ...ports,
      ledger: { ...ports.ledger, ...watchEnvironment(ports.ledger, around, this.#problems) },
      github: {
        ...ports.github,
        compare: async (_, base, head) => {
          const [from, to] = [placeOf(base), placeOf(head)];
          if (from === undefined || to === undefined) return 'diverged';
          return to > from ? 'ahead' : 'behind';
        },
      },
      tokens: {
        succeed: async (token, output) => {
          const answer = await ports.tokens.succeed(token, output);
          const [execution = ''] = token.split(' ');
          if (answer === 'sent') {
            if (this.#told.has(execution)) this.#problems.push(`${execution} was told twice`);
            this.#told.set(execution, output as LeaseGrant);
          }
          return answer;
        },
      },
      redrives: {
        ...ports.redrives,
        redrive: async (execution) => {
          this.#w.running.add(execution);
          const id = execution.slice('arn:release:'.length);
          const item = this.#item(id);
          if (item) this.#startDeployment({ id, repository: 7, commit: item.commit });
          return undefined;
        },
      },
    };
  }

  async tell(): Promise<string[]> {
    const { chance, below } = bound(this.#schedule);
    const isRewritten = chance(0.2);
    const digits = ['1', '2', '3', ...(chance(0.2) ? ['4'] : [])].map((digit, index, all) =>
      isRewritten && index === all.length - 1 ? 'f' : digit,
    );
    // Deliveries come in any order, and now and then much later.
    const minutes = digits.map(() => 10 + below(50));
    this.#latest = chance(0.5) ? 12 : 90;
    const releases: ReleaseRef[] = [];
    for (const [index, digit] of digits.entries()) {
      const branch = index === 0 && chance(0.2) ? 'side' : 'main';
      const startedAt = `2026-11-20T10:${minutes[index]}:00Z`;
      const environments = { dev: [target('a')] };
      const ref = await release(this.#w, { commit: commitOf(digit), branch, startedAt, environments });
      releases.push(ref);
    }
    const last = releases.at(-1);
    this.#w.github.head = last?.commit;
    for (const ref of releases) {
      this.#w.running.add(`arn:release:${ref.id}`);
      this.#startDeployment(ref);
    }
    if (chance(0.4)) this.#schedule.start(() => this.#stop(releases[below(releases.length)] ?? last));
    if (chance(0.3)) this.#schedule.start(() => this.#cancel(releases[below(releases.length)] ?? last));
    if (chance(0.3)) this.#schedule.start(() => this.#sweep());
    await this.#schedule.run();
    // Whoever died has left things to the sweep; otherwise everything must have come to its end by itself.
    for (let n = 0; this.#needsSweep && n < 4; n++) {
      this.#schedule.start(() => this.#sweep());
      await this.#schedule.run();
    }
    await this.#finalProblems();
    return this.#problems;
  }

  #item(id: string): ReleaseItem | undefined {
    const { pk, sk } = ledgerKeys.release(7, id);
    return this.#w.ledger.items.get(`${pk} ${sk}`) as ReleaseItem | undefined;
  }

  #startDeployment(ref: ReleaseRef): void {
    const execution = `deployment-${++this.#runs}-of-${ref.commit[0]}`;
    this.#unfinished.add(execution);
    this.#w.running.add(execution);
    this.#schedule.start(() => this.#deployment(ref, execution));
  }

  async #deployment(release: ReleaseRef, execution: string): Promise<void> {
    const { lease, open } = this.#subject;
    const deployment = { release, environment: 'dev', execution };
    await this.#schedule.steps(this.#schedule.below(this.#latest));
    const wasCancelled = this.#item(release.id)?.cancelled !== undefined;
    const grant = await this.#waitFor(execution, (token, ports) =>
      lease({ ...deployment, action: 'acquire', token }, ports),
    );
    if (grant.decision === 'granted') {
      if (wasCancelled && this.#queued.has(execution)) {
        this.#problems.push(`${execution} waited and was granted, though it had been cancelled before`);
      }
      const others = [...this.#acting].filter((one) => one !== execution);
      if (others.length > 0) this.#problems.push(`${execution} owns the lease beside ${others}`);
      this.#acting.add(execution);
      const opened = await this.#call(execution, (ports) =>
        open({ ...deployment, fence: grant.fence }, ports),
      );
      if (opened.decision === 'deploy') await this.#job(execution, grant.fence);
      this.#acting.delete(execution);
    }
    await this.#call(execution, (ports) => lease({ ...deployment, action: 'give-back' }, ports));
    this.#w.running.delete(execution);
    this.#unfinished.delete(execution);
  }

  /** A job lives on when its execution is stopped, and keeps the lease for it. */
  async #job(execution: string, fence: number): Promise<void> {
    const { addWriter, removeWriter } = this.#subject;
    const jobId = `job of ${execution}`;
    const writer = { ...WHERE, component: 'a', jobId };
    let isOver = false;
    this.#schedule.start(async () => {
      const { ledger } = stepped(this.#ports, this.#schedule);
      if ((await addWriter(ledger, writer, { fence, ended: undefined })) === 'added') {
        this.#acting.add(execution);
        const other = this.#writing.get('a');
        if (other !== undefined) this.#problems.push(`${execution} and ${other} write at once`);
        this.#writing.set('a', execution);
        await this.#schedule.steps(1 + this.#schedule.below(25));
        this.#writing.delete('a');
        if (this.#stopped.has(execution)) this.#acting.delete(execution);
        // Killed before it could sign off, now and then.
        if (this.#schedule.chance(0.8)) await removeWriter(ledger, writer);
      }
      this.#w.endedJobs.add(jobId);
      isOver = true;
    });
    await this.#schedule.until(() => isOver || this.#stopped.has(execution));
    this.#requireAlive(execution);
  }

  /** As a machine calls a function: again when it died or failed. */
  async #call<T>(execution: string, body: (ports: Ports) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await body(this.#invocation(execution));
        this.#requireAlive(execution);
        return answer;
      } catch (error) {
        this.#requireAlive(execution);
        if (!(error instanceof Crash) && tries > 3) throw error;
      }
    }
  }

  /** A function goes on when its execution has been stopped, and may be late with what it does. */
  #invocation(execution: string): Ports {
    const { chance, below } = bound(this.#schedule);
    const isDying = this.#crashesLeft > 0 && chance(0.35);
    if (isDying) this.#crashesLeft -= 1;
    this.#needsSweep ||= isDying;
    return stepped(this.#ports, this.#schedule, {
      dies: isDying ? { at: 1 + below(14), isDone: chance(0.5) } : undefined,
      hangs: () => chance(this.#stopped.has(execution) ? 0.5 : 0.01),
    });
  }

  /** A Task with a token: another try has another token, and the one before is gone. */
  async #waitFor(
    execution: string,
    ask: (token: string, ports: Ports) => Promise<unknown>,
  ): Promise<LeaseGrant> {
    for (;;) {
      const token = `${execution} ${++this.#tokens}`;
      this.#openTokens.set(execution, token);
      try {
        await ask(token, this.#invocation(execution));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        this.#requireAlive(execution);
        if (!this.#w.sent.has(token)) {
          this.#w.loseToken(token);
          continue;
        }
      }
      if (!this.#w.sent.has(token)) this.#queued.add(execution);
      await this.#schedule.until(() => this.#w.sent.has(token) || this.#stopped.has(execution));
      this.#requireAlive(execution);
      return this.#w.sent.get(token) as LeaseGrant;
    }
  }

  #requireAlive(execution: string): void {
    if (this.#stopped.has(execution)) throw new Stopped();
  }

  /** StopExecution of a release's deployment; later it may be redriven, by somebody who knows that it is older, or does not. */
  async #stop(ref: ReleaseRef | undefined): Promise<void> {
    const { chance, below, steps } = bound(this.#schedule);
    if (ref === undefined) return;
    const ofRelease = (one: string) => one.endsWith(`-of-${ref.commit[0]}`);
    if (chance(0.5)) await this.#schedule.until(() => [...this.#acting].some(ofRelease));
    await steps(below(chance(0.5) ? 12 : 60));
    const execution = [...this.#unfinished].find(ofRelease);
    if (execution === undefined) return;
    this.#needsSweep = true;
    this.#stopped.add(execution);
    this.#unfinished.delete(execution);
    this.#w.running.delete(execution);
    this.#w.running.delete(`arn:release:${ref.id}`);
    this.#w.loseToken(this.#openTokens.get(execution) ?? '');
    if (this.#writing.get('a') !== execution) this.#acting.delete(execution);
    if (!chance(0.6)) return;
    await steps(below(60));
    const older = chance(0.4);
    const order = { action: 'redrive', repository: 7, release: ref.id, by: 'ada', older } as const;
    await this.#subject.command(order, stepped(this.#ports, this.#schedule));
  }

  async #cancel(ref: ReleaseRef | undefined): Promise<void> {
    const { below, steps } = bound(this.#schedule);
    if (ref === undefined) return;
    await steps(below(60));
    const order = { action: 'cancel', repository: 7, release: ref.id, by: 'ada' } as const;
    await this.#subject.command(order, stepped(this.#ports, this.#schedule));
  }

  async #sweep(): Promise<void> {
    if (!this.#needsSweep) await this.#schedule.steps(this.#schedule.below(60));
    const gauges = new Gauges(this.#ports.clock.now());
    const ports = { ...stepped(this.#ports, this.#schedule), gauges };
    await this.#subject.sweepLease({ repository: REPOSITORY, environment: 'dev' }, ports);
  }

  async #finalProblems(): Promise<void> {
    for (const execution of this.#unfinished) this.#problems.push(`${execution} has not come to its end`);
    const found = await this.#w.ledger.get(ledgerKeys.environment(7, 'dev'));
    if (found === undefined) return;
    const { owner, queue, answers } = environmentItemSchema.parse(found);
    if (owner !== undefined) this.#problems.push(`${owner.execution} still owns the lease`);
    for (const { execution } of queue) this.#problems.push(`${execution} still waits`);
    for (const { execution } of answers) this.#problems.push(`${execution} is still to be told`);
  }
}

const bound = (schedule: Scheduler) => ({
  chance: (probability: number) => schedule.chance(probability),
  below: (n: number) => schedule.below(n),
  steps: (n: number) => schedule.steps(n),
});
