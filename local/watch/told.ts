/** Everything a twin's functions have told as metrics, read from their logs; and what Lambda itself would count of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Datapoint, datapointsIn } from '../../core/metrics/emf.ts';
import { type MetricName, NAMESPACE } from '../../core/metrics/metrics.ts';
import type { FunctionDefinition } from '../assembly/model.ts';

/** The logs of a twin's functions lie in `folder`, one file for each command, every line with its time in front. */
export function toldIn(folder: string, definitions: readonly FunctionDefinition[]): Datapoint[] {
  if (!existsSync(folder)) return [];
  const told = readdirSync(folder).flatMap((file) => {
    const command = file.replace(/\.log$/, '');
    const name = definitions.find(({ handler }) => handler.startsWith(`${command}.`))?.name ?? command;
    const lines = readFileSync(join(folder, file), 'utf8').split('\n');
    return lines.flatMap((line) => pointsOf(line, name));
  });
  return told.sort((one, other) => one.at - other.at);
}

const errors: MetricName = 'FunctionErrors';

function pointsOf(line: string, functionName: string): Datapoint[] {
  const [, stamp = '', text = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
  if (!text.startsWith('REPORT ')) return datapointsIn(text);
  const failed = text.endsWith(' FAILED') ? 1 : 0;
  const ofLambda = { namespace: 'AWS/Lambda', dimensions: { FunctionName: functionName }, unit: 'Count' };
  const at = Date.parse(stamp);
  return [
    { ...ofLambda, name: 'Invocations', value: 1, at },
    { ...ofLambda, name: 'Errors', value: failed, at },
    // On AWS a filter on the log counts them.
    ...(failed ? [{ namespace: NAMESPACE, name: errors, dimensions: {}, unit: 'Count', value: 1, at }] : []),
  ];
}
