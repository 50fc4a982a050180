/** The outside world as the sweep sees it: what it needs besides that of `record` and `settle`. */
import type { GitHub } from '../github-ports.ts';
import type { Bus, Clock, Ledger, Log, ObjectStore, Redrives, Schedules, StatusQueue } from '../ports.ts';
import type { TendPorts } from '../shared/lease-tending.ts';

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
}
