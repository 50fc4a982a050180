/** Secrets Manager: jobs' secrets for `secrets`, the webhook's rotating secret for `webhook`. Values are never logged. */
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { RotatingSecret, SecretValues } from '../ports.ts';

/** How long the webhook's secret is answered from memory, and the least time between two forced reads: milliseconds. */
const CACHE_MS = 60_000;
const FRESH_MS = 10_000;

/** How long the value before a rotation is accepted: long enough to change it on GitHub too. Milliseconds. */
const PREVIOUS_MS = 24 * 3600_000;

/** Secrets by name, in their current version. */
export function secretValues(client = new SecretsManagerClient({})): SecretValues {
  return {
    async get(name) {
      try {
        return (await version(client, name, 'AWSCURRENT'))?.value;
      } catch (error) {
        if (namesNoSecret(error, name)) return undefined;
        throw error;
      }
    },
  };
}

/**
 * Permissions are given by ARN, and a name nobody has used has none: who asks for one is refused, and the refusal names the
 * plain name where it names the ARN of a secret that is there.
 */
const namesNoSecret = (error: unknown, name: string) =>
  error instanceof Error &&
  error.name === 'AccessDeniedException' &&
  error.message.includes(`on resource: ${name} `);

/**
 * The webhook's secret. Its AWSPREVIOUS value stays in Secrets Manager for ever, so it is accepted only for a day after the
 * current one was made: a leaked value must not stay good.
 */
export function rotatingSecret(
  id: string,
  client = new SecretsManagerClient({}),
  now: () => number = Date.now,
): RotatingSecret {
  let cache: { readonly values: readonly string[]; readonly at: number } | undefined;

  async function read(): Promise<readonly string[]> {
    const current = await version(client, id, 'AWSCURRENT');
    if (!current?.value) {
      throw new Error(
        `the webhook secret ${id} is empty, so no delivery could be verified: put a long random value into it (aws secretsmanager put-secret-value --secret-id ${id} --secret-string …)`,
      );
    }
    if (now() - current.createdAt > PREVIOUS_MS) return [current.value];
    const previous = await version(client, id, 'AWSPREVIOUS');
    return previous?.value ? [current.value, previous.value] : [current.value];
  }

  return {
    async values(options) {
      const at = now();
      if (cache === undefined || at - cache.at >= (options?.fresh ? FRESH_MS : CACHE_MS)) {
        cache = { values: await read(), at };
      }
      return cache.values;
    },
  };
}

/** One version of a secret; a secret without that version answers as one that is not there. */
async function version(client: SecretsManagerClient, id: string, stage: 'AWSCURRENT' | 'AWSPREVIOUS') {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: id, VersionStage: stage }));
    if (answer.SecretString === undefined)
      throw new Error(`the secret ${id} holds binary data: store it as a string`);
    return { value: answer.SecretString, createdAt: answer.CreatedDate?.getTime() ?? 0 };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
