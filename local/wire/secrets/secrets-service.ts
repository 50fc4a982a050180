/** Secrets Manager for the gateway: reading, describing and setting values. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { AwsError } from '../errors.ts';
import { type JsonInput, jsonService, parsed } from '../json-service.ts';
import { keyUse } from '../kms.ts';
import type { Permission, Service, WireRequest } from '../service.ts';
import type { Secret, SecretStore, SecretVersion } from './secret-store.ts';

const SecretId = z.string();

function named(secret: Secret, version: SecretVersion) {
  return {
    ARN: secret.arn,
    Name: secret.definition.name,
    VersionId: version.id,
    VersionStages: version.stages,
  };
}

/** KMS is asked on the caller's behalf, so the caller needs the key's permission too. */
const keyUses: Readonly<Record<string, 'Decrypt' | 'GenerateDataKey'>> = {
  GetSecretValue: 'Decrypt',
  PutSecretValue: 'GenerateDataKey',
};

function permissions(store: SecretStore) {
  return (operation: string, input: JsonInput, { region }: WireRequest): Permission[] => {
    const secret = store.lookup(String(input.SecretId));
    const needed: Permission[] = [
      { action: `secretsmanager:${operation}`, resource: secret?.arn ?? String(input.SecretId) },
    ];
    const use = keyUses[operation];
    const key = secret?.definition.kmsKeyArn;
    if (use !== undefined && key !== undefined) needed.push(keyUse('secretsmanager', use, { key, region }));
    return needed;
  };
}

/** Secrets Manager over the given secrets. */
export function secretsService(store: SecretStore, clock: Clock): Service {
  const definition = { name: 'secretsmanager', target: 'secretsmanager', permissions: permissions(store) };
  return jsonService(definition, {
    GetSecretValue: parsed(
      z.strictObject({ SecretId, VersionId: z.string().optional(), VersionStage: z.string().optional() }),
      (input) => {
        const secret = store.find(input.SecretId);
        const version = secret.find({ id: input.VersionId, stage: input.VersionStage });
        return {
          ...named(secret, version),
          SecretString: version.text,
          SecretBinary: version.binary,
          CreatedDate: version.createdAt / 1000,
        };
      },
    ),
    PutSecretValue: parsed(
      z.strictObject({
        SecretId,
        ClientRequestToken: z.string().min(32).max(64).optional(),
        SecretString: z.string().optional(),
        SecretBinary: z.string().optional(),
        VersionStages: z.array(z.string()).min(1).max(20).optional(),
      }),
      (input) => {
        const secret = store.find(input.SecretId);
        if ((input.SecretString === undefined) === (input.SecretBinary === undefined)) {
          throw new AwsError(
            'InvalidParameterException',
            'You must provide either SecretString or SecretBinary.',
          );
        }
        const value = { text: input.SecretString, binary: input.SecretBinary };
        const stages = input.VersionStages ?? ['AWSCURRENT'];
        const id = input.ClientRequestToken ?? randomUUID();
        return named(secret, secret.put(id, value, { stages, now: clock.now() }));
      },
    ),
    DescribeSecret: parsed(z.strictObject({ SecretId }), (input) => {
      const secret = store.find(input.SecretId);
      return {
        ARN: secret.arn,
        Name: secret.definition.name,
        Description: secret.definition.description,
        KmsKeyId: secret.definition.kmsKeyArn,
        VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
      };
    }),
  });
}
