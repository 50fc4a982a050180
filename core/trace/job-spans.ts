/** The way of one job, from its order to its end: what is waited for, and what is done. Used for its segment and for the timeline. */
import type { JobTimesItem } from '../ledger/work-items.ts';

/** `wait`: nothing of the change is worked on meanwhile. */
export type SpanKind = 'wait' | 'work';

export interface KindSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

/** Without a word of Fargate, `queue` is everything before the process has started. Spans that would end before they begin are left out. */
export function jobSpans({ preparedAt, times }: Pick<JobTimesItem, 'preparedAt' | 'times'>): KindSpan[] {
  const { pull, startedAt, steps } = times;
  const between = (name: string, kind: SpanKind, from: string | undefined, to: string) =>
    from === undefined || from > to ? [] : [{ name, kind, startedAt: new Date(from), endedAt: new Date(to) }];
  return [
    ...between('queue', 'wait', preparedAt, pull?.startedAt ?? startedAt),
    ...between('pull', 'wait', pull?.startedAt, pull?.endedAt ?? startedAt),
    ...between('start', 'wait', pull?.endedAt, startedAt),
    ...steps.flatMap((step) => between(step.name, 'work', step.startedAt, step.endedAt)),
  ];
}
