/** Which functions a push will need, in the order it needs them: loaded ahead, they cost the push no waiting. */
import type { Assembly } from '../assembly/model.ts';

/** Names of functions: the HTTP API's, then the machines' that rules start, the queues', and all others. */
export function warmingOrder(assembly: Assembly): string[] {
  const { functions, routes, rules, stateMachines, eventSources } = assembly;
  const started = new Set(rules.flatMap(({ targets }) => targets.map(({ arn }) => arn)));
  const machines = stateMachines.toSorted((a, b) => Number(started.has(b.arn)) - Number(started.has(a.arn)));
  const mentioned = machines.flatMap(({ definition }) =>
    functions
      .map(({ arn }) => ({ arn, place: definition.indexOf(arn) }))
      .filter(({ place }) => place >= 0)
      .toSorted((a, b) => a.place - b.place)
      .map(({ arn }) => arn),
  );
  const arns = [
    ...routes.map(({ functionArn }) => functionArn),
    ...mentioned.slice(0, 1),
    ...eventSources.map(({ functionArn }) => functionArn),
    ...mentioned,
    ...functions.map(({ arn }) => arn),
  ];
  return [...new Set(arns)];
}
