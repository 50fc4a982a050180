/** The points of a run at which the world can be stopped, and the one fault that a run is given. Used by every part of the fault harness. */

import type { OnCall } from '../grants/port-calls.ts';

/** Where a run can be disturbed: a state entered or left, a port call of a function, a Task of a machine, a step of a job, a message. */
export const SERIES = ['state', 'call', 'task', 'job', 'message'] as const;
export type Series = (typeof SERIES)[number];

/** What can go wrong, by series. */
export const KINDS = {
  state: {
    'release stopped': 'StopExecution of the Release; its Deployment is stopped with it',
    'release stopped alone':
      'StopExecution of the Release; its Deployment goes on (stopping it is best effort)',
    'deployment stopped': 'StopExecution of the Deployment',
    'both stopped': 'StopExecution of both',
    'flow stopped': 'StopExecution of a child of the Distributed Map',
  },
  call: {
    'killed before': 'the function is gone before the call',
    'killed after': 'the function is gone when the call has taken effect',
    'service error': 'the call is refused (throttled, 5xx), more often than the SDK tries again',
    'answer lost': 'the call has taken effect, and the function is told that it failed',
    'sent twice': 'the answer was lost and the SDK has sent the call again: the second answer counts',
  },
  task: {
    throttled: 'the service refuses the call',
    'failed after': 'the service has done the work, and says that it failed',
    twice: 'the work is done twice',
    'timed out': 'the work is done, and Step Functions is never told',
    'reported lost': 'an error that no Retry names, although the work was begun',
  },
  job: {
    'killed before': 'SIGKILL before the step: no result, not signed off',
    'killed after': 'SIGKILL when the step has taken effect',
    'host lost': 'the machine under the job is gone before the step: no exit code either',
  },
  message: {
    lost: 'it never comes (only what is best effort)',
    twice: 'it comes again, ten minutes later',
    late: 'it comes six hours late',
  },
} as const satisfies Record<Series, Record<string, string>>;

export type Kind = { [S in Series]: `${S}: ${Extract<keyof (typeof KINDS)[S], string>}` }[Series];

/** One place in a run, and what fits there. `n` counts the points of a run from 0, and is the same in every run up to the fault. */
export interface Point {
  readonly n: number;
  readonly name: string;
  readonly kinds: readonly Kind[];
}

export interface Fault {
  readonly n: number;
  readonly name: string;
  readonly kind: Kind;
}

/** Finds the points of a run, or strikes at one of them. */
export class Points {
  readonly seen: Point[] = [];
  #isOn = false;
  readonly #fault: Fault | undefined;
  /** When the fault has struck: what it was. */
  struck: Kind | undefined;
  /** Hears of every call of a function's port, disturbed or not. */
  readonly onCall: OnCall | undefined;

  constructor(fault?: Fault, onCall?: OnCall) {
    this.#fault = fault;
    this.onCall = onCall;
  }

  /** Only between these two is the run disturbed. */
  begin(): void {
    this.#isOn = true;
  }
  end(): void {
    this.#isOn = false;
  }

  /**
   * A point of the run: answers what is to go wrong here, mostly nothing.
   * @throws Error when the run is not the one in which the fault's point was found: a harness that is not deterministic.
   */
  at<S extends Series>(
    series: S,
    name: string,
    kinds: readonly Extract<keyof (typeof KINDS)[S], string>[],
  ): Extract<keyof (typeof KINDS)[S], string> | undefined {
    if (!this.#isOn || kinds.length === 0) return undefined;
    const n = this.seen.length;
    this.seen.push({ n, name, kinds: kinds.map((kind) => `${series}: ${kind}` as Kind) });
    if (this.#fault?.n !== n || this.struck !== undefined) return undefined;
    if (this.#fault.name !== name) {
      throw new Error(`point ${n} is "${name}" in this run, and was "${this.#fault.name}" when it was found`);
    }
    this.struck = this.#fault.kind;
    return kinds.find((kind) => `${series}: ${kind}` === this.struck);
  }
}
