/** `defineContract`: one description of a function, read by the construct that deploys it, the handler that runs it and the tests. */
import * as z from 'zod';

/** What a function promises: the environment variables it needs, what it is called with and what it answers. */
export interface Contract<Name extends string, Input extends z.ZodType, Output extends z.ZodType> {
  readonly env: readonly Name[];
  readonly input: Input;
  readonly output: Output;
  /**
   * Reads the environment at cold start.
   * @throws Error naming all missing or empty variables at once.
   */
  readEnv(environment: Readonly<Record<string, string | undefined>>): Record<Name, string>;
  /** Wraps the logic so that input and output are parsed at the edge, never cast. */
  handle(
    logic: (input: z.output<Input>) => Promise<z.input<Output>>,
  ): (event: unknown) => Promise<z.output<Output>>;
}

/** Describes a function once. `lib` renders exactly `env` (missing or extra names do not compile). */
export function defineContract<
  const Name extends string,
  Input extends z.ZodType,
  Output extends z.ZodType,
>(description: {
  readonly env: readonly Name[];
  readonly input: Input;
  readonly output: Output;
}): Contract<Name, Input, Output> {
  const { env, input, output } = description;
  return {
    env,
    input,
    output,
    readEnv(environment) {
      const missing = env.filter((name) => !environment[name]);
      if (missing.length > 0) {
        throw new Error(
          `reading the function's environment: ${missing.join(', ')} not set; deploy the stack that defines this function again`,
        );
      }
      return Object.fromEntries(env.map((name) => [name, environment[name]])) as Record<Name, string>;
    },
    handle: (logic) => async (event) => output.parse(await logic(parsed(input, event))),
  };
}

/** Parses with all problems in one message, so that a wrong call is understood from the log alone. */
function parsed<T extends z.ZodType>(schema: T, event: unknown): z.output<T> {
  const result = schema.safeParse(event);
  if (!result.success)
    throw new Error(`the function was called with a bad input: ${z.prettifyError(result.error)}`);
  return result.data;
}
