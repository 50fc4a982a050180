/**
 * A deployment of targets `a` and `b` at once, then `c`, which needs both, while a newer release queues: a person is asked about `a`,
 * perhaps about `b`, and may answer at any moment; functions die and are called again.
 */
import type { ApprovalAnswer, LeaseGrant, TargetRef } from '../../../core/contracts/functions.ts';
import { environmentItemSchema } from '../../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../../core/ledger/keys.ts';
import type { OutcomeItem } from '../../../core/ledger/work-items.ts';
import { commitOf, outcomesOf, release, target, type World, world } from '../../support/deployment-world.ts';
import { Crash, Scheduler, stepped } from './scheduler.ts';
import type { Subject } from './subject.ts';

type Ports = World['ports'];

/** What a seed stands for. */
interface Story {
  /** Whether `b` asks a person too, or is tested and ends well. */
  readonly second: 'asks' | 'is tested';
  /** What ada says about `a`, if anything. */
  readonly ada: 'approve' | 'reject' | undefined;
  /** The branch of the push that queues: nobody gives way to another one's. */
  readonly branch: 'main' | 'next';
}

const storyOf = ({ random }: Scheduler): Story => ({
  second: random() < 0.5 ? 'asks' : 'is tested',
  ada: ([undefined, undefined, 'approve', 'approve', 'reject'] as const)[Math.floor(random() * 5)],
  branch: random() < 0.1 ? 'next' : 'main',
});

/** Answers what was not as it must be. */
export async function targetStory(seed: number, subject: Subject): Promise<string[]> {
  const schedule = new Scheduler(seed);
  return new TargetStory(schedule, storyOf(schedule), subject).tell();
}

class TargetStory {
  readonly #schedule: Scheduler;
  readonly #story: Story;
  readonly #subject: Subject;
  readonly #w = world();
  readonly #ports: Ports;
  readonly #problems: string[] = [];
  readonly #running = new Set<string>();
  #crashesLeft = 3;
  #isAccepted = false;

  constructor(schedule: Scheduler, story: Story, subject: Subject) {
    this.#schedule = schedule;
    this.#story = story;
    this.#subject = subject;
    const { ports } = this.#w;
    this.#ports = {
      ...ports,
      ledger: {
        ...ports.ledger,
        put: async (key, item, condition) => {
          const before = this.#isYielding;
          const isWritten = await ports.ledger.put(key, item, condition);
          if (!before && this.#isYielding && this.#running.size > 0)
            this.#problems.push(`gave way while ${[...this.#running]} ran`);
          return isWritten;
        },
      },
      tokens: {
        succeed: async (token, output) => {
          const answer = await ports.tokens.succeed(token, output);
          if (token === 'turn' && answer === 'sent') this.#checkTurn();
          return answer;
        },
      },
    };
  }

  async tell(): Promise<string[]> {
    const { lease, open, settle } = this.#subject;
    const { second, branch } = this.#story;
    const w = this.#w;
    const environments = { dev: [target('a'), target('b'), target('c', { needs: ['a', 'b'] })] };
    const first = await release(w, { environments, startedAt: '2026-11-20T10:01:00Z' });
    const newer = await release(w, {
      ...{ commit: commitOf('2'), environments, branch, startedAt: '2026-11-20T10:02:00Z' },
    });
    const dev = { environment: 'dev', execution: 'e1', release: first };
    w.running.add('e1').add('e2');
    await lease({ ...dev, action: 'acquire', token: 'lease 1' }, w.ports);
    await open({ ...dev, fence: 1 }, w.ports);
    const [a, b, c] = ['a', 'b', 'c'].map((component) => ({ ...dev, component, fence: 1 })) as [
      ...[TargetRef, TargetRef, TargetRef],
    ];
    await this.#note(a, 'checking');
    await this.#note(b, second === 'asks' ? 'checking' : 'testing');
    if (second === 'is tested') this.#running.add('b');

    this.#schedule.start(() => this.#asks(a));
    this.#schedule.start(() => (second === 'asks' ? this.#asks(b) : this.#isTested(b)));
    this.#schedule.start(() => this.#waits(c));
    this.#schedule.start(() => this.#person());
    this.#schedule.start(() =>
      this.#call((ports) =>
        lease({ ...dev, action: 'acquire', token: 'lease 2', release: newer, execution: 'e2' }, ports),
      ),
    );
    await this.#schedule.run();
    const outcomes = await outcomesOf(w, first);
    if (outcomes.join('; ') !== this.#expected().join('; ')) {
      this.#problems.push(`${outcomes.join('; ')}, and not ${this.#expected().join('; ')}`);
    }
    if (outcomes.some((outcome) => / undefined /.test(outcome))) return this.#problems;
    await settle({ ...dev, scope: 'environment' }, w.ports);
    await lease({ ...dev, action: 'give-back' }, w.ports);
    const grant = w.sent.get('lease 2') as LeaseGrant | undefined;
    if (grant?.decision !== 'granted') this.#problems.push('the newer release does not get the lease');
    return this.#problems;
  }

  /** What becomes of the three, whoever was faster. */
  #expected(): string[] {
    const { second, ada, branch } = this.#story;
    const superseded = 'superseded (a newer push, 2222222, is waiting)';
    const isApproved = this.#isAccepted && ada === 'approve';
    const isRejected = this.#isAccepted && ada === 'reject';
    const givesWay = branch === 'main';
    const waiting = 'undefined (it would destroy x)';
    const [a, whyA] = isApproved
      ? ['applied (done)', undefined]
      : isRejected
        ? ['rejected (rejected by ada)', 'a was rejected']
        : [givesWay ? superseded : waiting, 'a was superseded'];
    const isAsked = second === 'asks';
    const b = isAsked ? (givesWay ? superseded : waiting) : 'applied (done)';
    const reasons = [whyA, isAsked ? 'b was superseded' : undefined].filter((one) => one !== undefined);
    const isOpen = !givesWay && (isAsked || (!isApproved && !isRejected));
    const c = isOpen
      ? 'undefined (new)'
      : reasons.length === 0
        ? 'applied (done)'
        : `skipped (${reasons.join(', ')})`;
    return [`a: ${a}`, `b: ${b}`, `c: ${c}`];
  }

  get #isYielding(): boolean {
    const { pk, sk } = ledgerKeys.environment(7, 'dev');
    const item = this.#w.ledger.items.get(`${pk} ${sk}`);
    return item !== undefined && environmentItemSchema.parse(item).owner?.yieldsTo !== undefined;
  }

  #checkTurn(): void {
    for (const component of ['a', 'b']) {
      const { pk, sk } = ledgerKeys.outcome(7, '20261120-1111111-1', { environment: 'dev', component });
      const { outcome } = (this.#w.ledger.items.get(`${pk} ${sk}`) ?? {}) as Partial<OutcomeItem>;
      if (outcome === undefined) this.#problems.push(`c got its turn before ${component} had ended`);
    }
  }

  async #note({ release: ref, component }: TargetRef, progress: OutcomeItem['progress']): Promise<void> {
    const key = ledgerKeys.outcome(ref.repository, ref.id, { environment: 'dev', component });
    const facts = { progress, planDigest: `plan of ${component}`, changeDigest: 'changes' };
    await this.#w.ledger.update(key, { set: { ...facts, startedAt: '2026-11-20T10:01:30Z' } });
  }

  async #call<T>(body: (ports: Ports) => Promise<T>): Promise<T> {
    for (;;) {
      const isDying = this.#crashesLeft > 0 && this.#schedule.chance(0.2);
      if (isDying) this.#crashesLeft -= 1;
      const dies = isDying
        ? { at: 1 + this.#schedule.below(12), isDone: this.#schedule.chance(0.7) }
        : undefined;
      try {
        return await body(stepped(this.#ports, this.#schedule, { dies }));
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
  }

  async #answerTo<T>(token: string): Promise<T> {
    await this.#schedule.until(() => this.#w.sent.has(token));
    return this.#w.sent.get(token) as T;
  }

  async #work(component: string): Promise<void> {
    if (this.#isYielding) this.#problems.push(`${component} started though its deployment gave way`);
    this.#running.add(component);
    await this.#schedule.steps(3);
    this.#running.delete(component);
  }

  #end(ref: TargetRef, outcome: OutcomeItem['outcome'] = 'failed', reason = 'done') {
    const end = { kind: 'decided', outcome, reason } as const;
    return this.#call((ports) => this.#subject.record({ ...ref, end }, ports));
  }

  async #asks(ref: TargetRef): Promise<void> {
    const token = `approval ${ref.component}`;
    await this.#call((ports) =>
      this.#subject.approval({ ...ref, token, reason: 'it would destroy x' }, ports),
    );
    const { decision, reason } = await this.#answerTo<ApprovalAnswer>(token);
    if (decision !== 'approved') return void (await this.#end(ref, decision, reason));
    await this.#work(ref.component);
    await this.#end(ref, 'applied');
  }

  async #isTested(ref: TargetRef): Promise<void> {
    await this.#schedule.steps(1 + this.#schedule.below(20));
    this.#running.delete(ref.component);
    await this.#end(ref, 'applied');
  }

  async #waits(ref: TargetRef): Promise<void> {
    await this.#call((ports) => this.#subject.turn({ ...ref, token: 'turn', flow: 'flow of c' }, ports));
    await this.#answerTo('turn');
    const prepared = await this.#call((ports) => this.#subject.prepare({ ...ref, stage: 'plan' }, ports));
    if (prepared.decision === 'end') return void (await this.#end(ref, prepared.outcome, prepared.reason));
    await this.#work(ref.component);
    await this.#end(ref, 'applied');
  }

  async #person(): Promise<void> {
    const { ada } = this.#story;
    if (ada === undefined) return;
    const order = {
      by: 'ada',
      repository: 7,
      release: '20261120-1111111-1',
      environment: 'dev',
      component: 'a',
    };
    for (let tries = 0; tries < 3 && !this.#isAccepted; tries++) {
      const { accepted } = await this.#call((ports) =>
        this.#subject.command({ ...order, action: ada }, ports),
      );
      this.#isAccepted = accepted;
    }
  }
}
