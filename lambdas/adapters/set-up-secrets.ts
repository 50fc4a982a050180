/** Secrets Manager for `set-up`: two secrets are written, none is read. Values are in no error. */
import {
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SetUpSecret, SetUpSecrets } from '../set-up/ports.ts';

/** `ids`: names or ARNs. */
export function setUpSecrets(
  ids: Readonly<Record<SetUpSecret, string>>,
  client = new SecretsManagerClient({}),
): SetUpSecrets {
  return {
    async put(secret, value, version) {
      try {
        // The request token becomes the version's id: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        await client.send(
          new PutSecretValueCommand({
            SecretId: ids[secret],
            SecretString: value,
            ClientRequestToken: version,
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ResourceExistsException) return false;
        throw error;
      }
    },
  };
}
