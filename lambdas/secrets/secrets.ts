/** `secrets`: the values of the secrets a running job's target names, and no others. */
import type * as z from 'zod';
import type { secrets as contract } from '../../core/contracts/job-services.ts';
import type { Ledger, ObjectStore, SecretValues } from '../ports.ts';
import { provenJob } from '../shared/proven-job.ts';

export interface SecretsPorts {
  readonly ledger: Ledger;
  readonly objects: ObjectStore;
  readonly secrets: SecretValues;
}

/** Where a repository's secret is in Secrets Manager. */
export const secretId = (repository: string, name: string) => `belay/${repository}/${name}`;

/** @throws Error naming every secret that is missing, for which variable, and how to make it. Values are in no error. */
export async function secrets(
  proof: z.output<typeof contract.input>,
  ports: SecretsPorts,
): Promise<z.input<typeof contract.output>> {
  const { target, repository } = await provenJob(proof, ports);
  const values: [variable: string, value: string][] = [];
  const missing: string[] = [];
  for (const [variable, name] of Object.entries(target.secrets)) {
    const id = secretId(repository.fullName, name);
    const value = await ports.secrets.get(id);
    if (value === undefined) {
      missing.push(
        `secret ${name} (for ${variable}) is not in Secrets Manager: aws secretsmanager create-secret --name ${id} --secret-string …`,
      );
    } else values.push([variable, value]);
  }
  if (missing.length > 0)
    throw new Error(
      `reading the secrets of ${target.environment}/${target.component}: ${missing.join('; ')}`,
    );
  return { values: Object.fromEntries(values) };
}
