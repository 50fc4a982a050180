/** Calls one of Belay's functions. Used by the executor's services and, on its own, by the credential process, which loads little. */
import { encodePart, sendToAws } from './aws-request.ts';
import type { RoleCredentials } from './container-credentials.ts';
import { textOf } from './http.ts';

/** Where the functions are. */
export interface FunctionPlace {
  readonly region: string;
  /** The twin's endpoint. */
  readonly endpoint?: string;
}

/** A function answered that it failed. Its message says all that people need; its name and stack stay out of it. */
export class FunctionFailed extends Error {}

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 * @throws FunctionFailed; Error naming the function when it could not be called.
 */
export async function invoke(
  place: FunctionPlace,
  name: string,
  input: object,
  credentials: () => Promise<RoleCredentials>,
): Promise<unknown> {
  const path = `/2015-03-31/functions/${encodePart(name)}/invocations`;
  const body = JSON.stringify(input);
  try {
    const response = await sendToAws({ ...place, path, body }, credentials);
    const text = await textOf(response);
    if (!response.ok) throw new Error(`Lambda answered ${response.status} ${text}`);
    const answer: unknown = JSON.parse(text);
    // https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
    if (response.headers['x-amz-function-error'] !== undefined)
      throw new FunctionFailed(String((answer as { errorMessage?: unknown }).errorMessage));
    return answer;
  } catch (error) {
    if (error instanceof FunctionFailed) throw error;
    throw new Error(`calling the function ${name}`, { cause: error });
  }
}
