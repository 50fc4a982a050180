/** What Secrets Manager keeps for GitHub: the App's id and private key, or a token. Read by `github-token.ts`. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';

/** A replaced secret is used after this long at the latest. Milliseconds. */
const CACHE_MS = 5 * 60_000;

export type GitHubCredentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'app'; readonly appId: string; readonly privateKey: KeyObject };

const appSchema = z.object({
  appId: z.union([z.int().positive(), z.string().min(1)]).transform(String),
  privateKey: z.string().min(1),
});

/**
 * Reads the secret `id`, at most once in five minutes.
 * @throws Error when it is empty, or JSON that is no App's; never with a part of it in the message.
 */
export function gitHubSecret(
  id: string,
  client = new SecretsManagerClient({}),
  now: () => number = Date.now,
): () => Promise<GitHubCredentials> {
  let cache: { readonly credentials: GitHubCredentials; readonly at: number } | undefined;
  return async () => {
    if (cache !== undefined && now() - cache.at < CACHE_MS) return cache.credentials;
    const answer = await client.send(new GetSecretValueCommand({ SecretId: id }));
    const credentials = credentialsIn(answer.SecretString?.trim() ?? '', id);
    cache = { credentials, at: now() };
    return credentials;
  };
}

function credentialsIn(text: string, id: string): GitHubCredentials {
  if (text === '') {
    throw new Error(
      `the GitHub secret ${id} is empty: put {"appId": …, "privateKey": "…"} of your GitHub App into it, or a fine-grained token (docs/github.md; aws secretsmanager put-secret-value --secret-id ${id} --secret-string …)`,
    );
  }
  if (!text.startsWith('{')) return { kind: 'token', token: text };
  const app = appSchema.safeParse(jsonOf(text, id));
  if (!app.success) {
    const fields = app.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new Error(
      `reading the GitHub secret ${id}: ${fields} is missing or not text; it must be {"appId": …, "privateKey": "-----BEGIN RSA PRIVATE KEY-----\\n…"}`,
    );
  }
  const { appId, privateKey } = app.data;
  return { kind: 'app', appId, privateKey: keyOf(privateKey, id) };
}

/** The parser's own message would quote the secret. */
function jsonOf(text: string, id: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(
      `reading the GitHub secret ${id}: it begins like JSON but is none; line breaks in the private key must be written as \\n`,
    );
  }
}

function keyOf(pem: string, id: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Told below, without what the library has to say about the key.
  }
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new Error(
    `reading the GitHub secret ${id}: privateKey is not an RSA private key in PEM form; generate one in the App's settings and put the whole file in`,
  );
}
