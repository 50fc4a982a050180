/** The token Belay talks to GitHub with, kept in Secrets Manager: used by the GitHub and git adapters. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A replaced token is used after this long at the latest. Milliseconds. */
const CACHE_MS = 5 * 60_000;

/** Answers the token; throws when the secret is empty. */
export type GitHubToken = () => Promise<string>;

/** Reads the token from the secret `id`, at most once in five minutes. */
export function gitHubToken(
  id: string,
  client = new SecretsManagerClient({}),
  now: () => number = Date.now,
): GitHubToken {
  let cache: { readonly token: string; readonly at: number } | undefined;
  return async () => {
    if (cache !== undefined && now() - cache.at < CACHE_MS) return cache.token;
    const answer = await client.send(new GetSecretValueCommand({ SecretId: id }));
    const token = answer.SecretString?.trim();
    if (!token) {
      throw new Error(
        `the GitHub token secret ${id} is empty: put a token with read access to contents and write access to commit statuses into it (aws secretsmanager put-secret-value --secret-id ${id} --secret-string …)`,
      );
    }
    cache = { token, at: now() };
    return token;
  };
}
