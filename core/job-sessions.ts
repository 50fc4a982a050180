/** Which role a job's tool becomes, and how little of it: called by `sessions`. */
import type { JobSpec } from './contracts/job.ts';
import type { JobIdentity } from './contracts/job-services.ts';
import { type Stage, WRITING_STAGES } from './words.ts';

/** A session to open. */
export interface SessionOrder {
  /** ARN of the role. */
  readonly role: string;
  readonly sessionName: string;
  /** JSON text of a session policy: the session may do only what role and policy both allow. */
  readonly policy?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** What the role's trust policy may ask for: for whom this is, as Belay knows it and no manifest says. */
  readonly externalId?: string;
}

/** Stages whose tool reads the managed state; a test looks at what was deployed, a validate job at the code alone. */
const STATE_STAGES: readonly Stage[] = ['plan', 'apply', 'destroy'];

/** The session a job asks for, or what is wrong with asking. `stateRole` is the ARN of the role that may touch every managed state. */
export function sessionOrder(
  spec: JobSpec,
  identity: JobIdentity,
  stateRole: string,
): SessionOrder | { readonly problem: string } {
  const { stage, environmentRole } = spec;
  const name = sessionName(spec.release.id);
  if (identity === 'environment') {
    if (stage === 'validate')
      return { problem: 'a validate job looks at the code alone and works as nobody' };
    return {
      role: environmentRole,
      sessionName: name,
      tags: sessionTags(spec),
      externalId: externalId(spec.release.repository),
    };
  }
  if (!STATE_STAGES.includes(stage)) return { problem: `a ${stage} job has nothing to do with the state` };
  return { role: stateRole, sessionName: name, policy: statePolicy(spec, partitionOf(stateRole)) };
}

/** A role session name: 2 to 64 of `[\w+=,.@-]` (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
const sessionName = (release: string) => release.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);

/**
 * GitHub's numeric id: a name can be given up and taken by somebody else, an id is never given twice.
 * Belay stands between many repositories and many accounts; why that needs an external id:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
const externalId = (repository: number) => `belay-${repository}`;

const sessionTags = ({ release, repository, target }: JobSpec) => ({
  'belay:release': release.id,
  'belay:repository': repository.fullName,
  'belay:environment': target.environment,
  'belay:component': target.component,
});

const partitionOf = (arn: string) => arn.split(':')[1] ?? 'aws';

/** The target's own state and, for stages that write, its lock: nothing else of the bucket. */
function statePolicy({ stage, state }: JobSpec, partition: string): string {
  const writes = WRITING_STAGES.includes(stage);
  const bucket = `arn:${partition}:s3:::${state.bucket}`;
  const [own, lock] = [`${bucket}/${state.key}`, `${bucket}/${state.key}.tflock`];
  const allow = (Action: readonly string[], Resource: string | readonly string[], Condition?: object) => ({
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      allow(writes ? ['s3:GetObject', 's3:PutObject'] : ['s3:GetObject'], own),
      ...(writes ? [allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], lock)] : []),
      // The tools look for workspaces below `env:/`. Reading asks for no prefix: a missing state must be a 404 and not a 403.
      allow(['s3:ListBucket'], bucket, { StringEqualsIfExists: { 's3:prefix': 'env:/' } }),
      // With a bucket key the context is the bucket, else the object:
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
      ...(state.kmsKeyArn === undefined
        ? []
        : [
            allow(writes ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'], state.kmsKeyArn, {
              StringEquals: { 'kms:EncryptionContext:aws:s3:arn': [bucket, own, lock] },
            }),
          ]),
    ],
  });
}
