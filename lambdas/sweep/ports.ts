/** The outside world as the sweep sees it: what it needs besides that of `record` and `settle`. */
import type { GitHub } from '../github-ports.ts';
import type {
  Bus,
  Clock,
  Jobs,
  JobTimes,
  Ledger,
  Log,
  Measure,
  ObjectStore,
  Redrives,
  Schedules,
  StatusQueue,
} from '../ports.ts';
import type { TendPorts } from '../shared/lease-tending.ts';
import type { Gauges } from './gauges.ts';

export interface SweepPorts extends TendPorts {
  readonly ledger: Ledger;
  readonly store: ObjectStore;
  readonly status: StatusQueue;
  readonly clock: Clock;
  readonly redrives: Redrives;
  readonly github: Pick<GitHub, 'branchHead' | 'commitMessage'>;
  readonly bus: Bus;
  readonly schedules: Schedules;
  readonly log: Log;
  readonly measure: Measure;
  readonly jobs: Jobs & JobTimes;
}

/** What the steps of one sweep have besides. */
export interface StepPorts extends SweepPorts {
  readonly gauges: Gauges;
}
