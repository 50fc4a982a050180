/** The stack's dashboard as it would look in the twin: its widgets with numbers, its alarms, and what people were told. */
import type { Datapoint } from '../../core/metrics/emf.ts';
import type { AlarmDefinition, MetricOfWidget, WidgetDefinition } from '../assembly/model.ts';
import { type AlarmState, alarmState } from './alarms.ts';
import type { Notice } from './notices.ts';
import { type Point, seriesOf } from './statistics.ts';

export interface ShownMetric extends MetricOfWidget {
  readonly points: readonly Point[];
}

export interface Board {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly widgets: readonly (Omit<WidgetDefinition, 'metrics'> & {
    readonly metrics: readonly ShownMetric[];
  })[];
  readonly alarms: readonly AlarmState[];
  readonly notices: readonly Notice[];
}

export async function boardOf(
  {
    widgets,
    alarms,
  }: { readonly widgets: readonly WidgetDefinition[]; readonly alarms: readonly AlarmDefinition[] },
  {
    told,
    notices,
    now,
  }: { readonly told: readonly Datapoint[]; readonly notices: readonly Notice[]; readonly now: number },
): Promise<Board> {
  return {
    at: now,
    widgets: widgets.map((widget) => ({
      ...widget,
      metrics: widget.metrics.map((metric) => ({ ...metric, points: seriesOf(metric, told) })),
    })),
    alarms: await Promise.all(alarms.map((alarm) => alarmState(alarm, told, now))),
    notices,
  };
}
