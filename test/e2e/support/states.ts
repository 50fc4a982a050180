/** Counts states, for what they are said to cost. Used by a case and by the test of the shop. */
import type { World } from '../../../local/world.ts';

/** How many states the executions of a release entered, those of its targets included. */
export async function statesOf(world: World, id: string | null): Promise<number> {
  const { executions } = world.parts;
  const { execution } = (await world.releases()).find((one) => one.id === id) ?? {};
  const own = executions
    .entries()
    .filter(
      ({ arn }) => arn === execution || JSON.stringify(executions.find(arn).input).includes(String(id)),
    );
  const events = own.flatMap(({ arn }) => executions.history(arn));
  return events.filter(({ type }) => type.endsWith('StateEntered')).length;
}
