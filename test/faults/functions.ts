/** The real functions of `lambdas/` over ports that can be disturbed, one invocation at a time. Used by `world.ts`. */
import { command as commandContract } from '../../core/contracts/command.ts';
import * as contracts from '../../core/contracts/functions.ts';
import { admit as admitContract } from '../../core/contracts/job-services.ts';
import { admit } from '../../lambdas/admit/admit.ts';
import { approval } from '../../lambdas/approval/approval.ts';
import { command } from '../../lambdas/command/command.ts';
import { gitStatus } from '../../lambdas/git-status/git-status.ts';
import type {
  CommentWriter,
  GitHub,
  GitHubPeople,
  GitHubWriter,
  MergeBases,
} from '../../lambdas/github-ports.ts';
import { guard } from '../../lambdas/guard/guard.ts';
import { lease } from '../../lambdas/lease/lease.ts';
import { open } from '../../lambdas/open/open.ts';
import type {
  AnswerQueue,
  Bus,
  Clock,
  DeadLetters,
  Executions,
  Git,
  JobControl,
  Jobs,
  JobTimes,
  Ledger,
  Log,
  Measure,
  Merges,
  MessageDelay,
  ObjectStore,
  Redrives,
  Schedules,
  Segments,
  StatusQueue,
  Tokens,
} from '../../lambdas/ports.ts';
import { prepare } from '../../lambdas/prepare/prepare.ts';
import { record } from '../../lambdas/record/record.ts';
import { resolve } from '../../lambdas/resolve/resolve.ts';
import { rollback } from '../../lambdas/rollback/rollback.ts';
import { settle } from '../../lambdas/settle/settle.ts';
import { repositoryOf } from '../../lambdas/sweep/scope.ts';
import { sweep } from '../../lambdas/sweep/sweep.ts';
import { turn } from '../../lambdas/turn/turn.ts';
import { StatesError } from '../../local/asl/errors.ts';
import type { Json } from '../../local/asl/json.ts';
import type { KINDS, Points } from './points.ts';

/** Everything the functions talk to. */
export interface Ports {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly status: StatusQueue;
  readonly tokens: Tokens;
  readonly executions: Executions;
  readonly redrives: Redrives;
  readonly jobs: Jobs & JobTimes;
  readonly deadLetters: DeadLetters;
  readonly jobControl: JobControl;
  readonly github: GitHub & GitHubWriter & GitHubPeople & CommentWriter & MergeBases;
  readonly answers: AnswerQueue;
  readonly merges: Merges;
  readonly messages: MessageDelay;
  readonly writesPerHour: number;
  readonly git: Git;
  readonly bus: Bus;
  readonly schedules: Schedules;
  readonly clock: Clock;
  readonly log: Log;
  readonly measure: Measure;
  readonly githubUrl: string;
  readonly state: { readonly bucket: string; readonly kmsKeyArn: string };
  readonly segments: Segments;
  newNonce(): string;
  newRequestId(): string;
}

type Logic = (event: unknown, ports: Ports) => Promise<unknown>;

/** By the logical id of the function in the template. */
const FUNCTIONS = {
  Resolve: (event, ports) =>
    contracts.resolve.handle((input) =>
      resolve(input, {
        ...ports,
        planDrafts: false,
        places: { accounts: undefined, regions: undefined },
        statuses: ports.status,
      }),
    )(event),
  Lease: (event, ports) => contracts.lease.handle((input) => lease(input, ports))(event),
  Open: (event, ports) => contracts.open.handle((input) => open(input, ports))(event),
  Turn: (event, ports) => contracts.turn.handle((input) => turn(input, ports))(event),
  Prepare: (event, ports) => contracts.prepare.handle((input) => prepare(input, ports))(event),
  Guard: (event, ports) => contracts.guard.handle((input) => guard(input, ports))(event),
  Approval: (event, ports) => contracts.approval.handle((input) => approval(input, ports))(event),
  Record: (event, ports) => contracts.record.handle((input) => record(input, ports))(event),
  Rollback: (event, ports) => contracts.rollback.handle((input) => rollback(input, ports))(event),
  Settle: (event, ports) => contracts.settle.handle((input) => settle(input, ports))(event),
  Command: (event, ports) => commandContract.handle((input) => command(input, ports))(event),
  Sweep: (event, ports) =>
    contracts.sweep.handle(({ detail }) => sweep(ports, repositoryOf(detail?.input)))(event),
  Admit: (event, ports) => admitContract.handle((input) => admit(input, ports))(event),
  GitStatus: (event, ports) =>
    contracts.gitStatus.handle((batch) => gitStatus(batch, { ...ports, ...ports.state, audit: undefined }))(
      event,
    ),
} as const satisfies Record<string, Logic>;

export type FunctionName = keyof typeof FUNCTIONS;

export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name);

/** The ports whose calls leave the function. */
const OUTSIDE = [
  ...(['ledger', 'store', 'status', 'tokens', 'executions'] as const),
  ...(['redrives', 'jobs', 'jobControl', 'github', 'git', 'bus', 'schedules'] as const),
] as const;

/** One run of a function: dead once it was killed. */
interface Invocation {
  /** `Record dev/a` */
  readonly name: string;
  isDead: boolean;
}

export class Functions {
  readonly #ports: Ports;
  readonly #points: Points;
  readonly #trail: (line: string) => void;
  #last: Promise<unknown> = Promise.resolve();
  /** Invocations that have not ended. */
  running = 0;

  constructor(ports: Ports, points: Points, trail: (line: string) => void) {
    this.#ports = ports;
    this.#points = points;
    this.#trail = trail;
  }

  /**
   * Invokes a function when those before it have ended, so that runs are the same every time.
   * @throws StatesError as Step Functions gets it from Lambda.
   */
  invoke(name: FunctionName, event: unknown, about = ''): Promise<Json> {
    this.running += 1;
    const work = this.#last.then(() => this.#run(name, event, about));
    this.#last = work.catch(() => {});
    return work.finally(() => {
      this.running -= 1;
    });
  }

  async #run(name: FunctionName, event: unknown, about: string): Promise<Json> {
    const invocation: Invocation = { name: about === '' ? name : `${name} ${about}`, isDead: false };
    const logic: Logic = FUNCTIONS[name];
    try {
      const answer = (await logic(event, this.#disturbed(invocation))) as Json;
      this.#trail(`${invocation.name} → ${JSON.stringify(answer)}`);
      return answer;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#trail(`${invocation.name} ✗ ${error.name}: ${error.message}`);
      if (invocation.isDead)
        throw new StatesError('Runtime.ExitError', 'RequestId: 1 Error: exit status 137');
      const { name: errorType, message: errorMessage } = error;
      throw new StatesError(errorType, JSON.stringify({ errorType, errorMessage }));
    }
  }

  #disturbed(invocation: Invocation): Ports {
    const wrapped = OUTSIDE.map((port) => {
      const methods = Object.entries(this.#ports[port]).map(([method, call]) => [
        method,
        (...given: unknown[]) =>
          this.#call(
            invocation,
            `${port}.${method}`,
            () => (call as (...all: unknown[]) => unknown)(...given),
            given,
          ),
      ]);
      return [port, Object.fromEntries(methods)];
    });
    return { ...this.#ports, ...Object.fromEntries(wrapped) };
  }

  async #call(
    invocation: Invocation,
    what: string,
    call: () => unknown,
    given: readonly unknown[],
  ): Promise<unknown> {
    if (invocation.isDead) throw new Error('killed');
    this.#points.onCall?.(invocation.name.split(' ')[0] ?? '', what, given);
    const kind = this.#points.at('call', `${invocation.name}: ${what}`, kindsOf(what, given));
    if (kind !== undefined) this.#trail(`*** ${kind} at ${invocation.name}: ${what}`);
    switch (kind) {
      case undefined:
        return call();
      case 'killed before':
        invocation.isDead = true;
        throw new Error('killed');
      case 'killed after':
        await call();
        invocation.isDead = true;
        throw new Error('killed');
      case 'service error':
        throw new Error('ThrottlingException: Rate exceeded');
      case 'answer lost':
        await call();
        throw new Error('TimeoutError: socket hang up');
      case 'sent twice':
        await call();
        return call();
    }
  }
}

const READS = [
  ...['ledger.get', 'ledger.query', 'store.get', 'store.exists', 'executions.isRunning', 'redrives.look'],
  ...['jobs.hasEnded', 'jobs.wasSubmittedFor', 'github.compare', 'github.branchHead'],
  ...['github.commitMessage', 'github.isTeamMember', 'github.mode', 'git.withCommit'],
];

/** A read has no effect: to be killed there is to be killed after the write before it. Only what is conditional, or goes to somebody else, is another thing the second time. */
function kindsOf(
  what: string,
  given: readonly unknown[],
): readonly Extract<keyof typeof KINDS.call, string>[] {
  if (READS.includes(what)) return ['service error'];
  const writes = ['killed before', 'killed after', 'service error', 'answer lost'] as const;
  const isConditional =
    what.startsWith('ledger.') && given.at(-1) !== undefined && given.length > conditionless(what);
  const isSent = what === 'tokens.succeed' || what === 'bus.publish' || what === 'status.changed';
  return isConditional || isSent ? [...writes, 'sent twice'] : writes;
}

/** How many arguments a write has without its condition. */
const conditionless = (what: string) => (what === 'ledger.remove' ? 1 : 2);
