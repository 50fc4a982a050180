/** Where an execution that did not succeed may have left something: in the repository it was about. Called by the handler. */
import * as z from 'zod';

/** What the inputs of the Release machine (a request) and of the Deployment machine have in common. */
const inputSchema = z.union([
  z.object({ release: z.object({ repository: z.int() }) }).transform(({ release }) => release.repository),
  z.object({ repository: z.object({ id: z.int() }) }).transform(({ repository }) => repository.id),
]);

/** Undefined, which means everywhere, when there is no such input, or it was too long to come with the event. */
export function repositoryOf(input: string | null | undefined): number | undefined {
  if (input === undefined || input === null) return undefined;
  return inputSchema.safeParse(JSON.parse(input)).data;
}
