/** What the services of the twin ask KMS on their callers' behalf: nothing is encrypted here, but who may use a key decides. */
import type { Permission } from './service.ts';

/** A use of a key through a service; `context` are condition keys besides. */
export function keyUse(
  service: 'dynamodb' | 's3' | 'secretsmanager' | 'sns' | 'sqs',
  action: 'Decrypt' | 'GenerateDataKey',
  { key, region, context }: { key: string; region: string; context?: Readonly<Record<string, string>> },
): Permission {
  const conditions = { ...context, 'kms:ViaService': `${service}.${region}.amazonaws.com` };
  return { action: `kms:${action}`, resource: key, conditions };
}
