/** The environment of a job: what the job definition renders, what the platform adds, and the executor's reading of it. */

/** Every name the executor needs, by who sets it. The construct and the twin render from this list. */
export const EXECUTOR_ENV = {
  /** The job definition. */
  definition: ['ADMIT_FUNCTION', 'ARTIFACTS_FUNCTION', 'SECRETS_FUNCTION', 'SESSIONS_FUNCTION'],
  /** The override of every submit: the S3 key of `job.json`, nothing else. */
  submit: ['BELAY_JOB'],
  /** The image; the twin gives a directory of its own. */
  image: ['BELAY_WORKSPACE'],
  /** AWS Batch and Fargate. */
  platform: ['AWS_BATCH_JOB_ID', 'AWS_REGION'],
} as const;

type ExecutorEnvName = (typeof EXECUTOR_ENV)[keyof typeof EXECUTOR_ENV][number];

/** Where the job role's own credentials come from (the ECS container credentials protocol). */
export interface CredentialSource {
  readonly uri: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

/** The environment, read once at the start. */
export interface ExecutorSettings extends Readonly<Record<ExecutorEnvName, string>> {
  readonly credentialSource: CredentialSource;
  /** Set in the twin only: every AWS client of the executor talks to it. */
  readonly endpoint?: string;
  /** Directories searched for tools before PATH, separated by `:` (`BELAY_TOOLS_PATH`). */
  readonly toolsPath?: string;
  /** Names the tool's process may have beyond the usual ones (`BELAY_PASS_ENV`, comma separated). */
  readonly passEnv: readonly string[];
  /** Where the job has no way to a registry: the folder of the providers it may use (`BELAY_PROVIDER_MIRROR`). */
  readonly providerMirror?: string;
}

/** The fixed address of the ECS credential endpoint: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
const CREDENTIAL_HOST = 'http://169.254.170.2';

/**
 * Reads the environment.
 * @throws Error naming all missing or empty variables at once.
 */
export function readExecutorEnv(environment: Readonly<Record<string, string | undefined>>): ExecutorSettings {
  const names: readonly ExecutorEnvName[] = Object.values(EXECUTOR_ENV).flat();
  const missing: string[] = names.filter((name) => !environment[name]);
  const relative = environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const uri = relative ? CREDENTIAL_HOST + relative : environment.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!uri) missing.push('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI');
  if (missing.length > 0 || !uri) {
    throw new Error(
      `reading the job's environment: ${missing.join(', ')} not set; start the executor as an AWS Batch job, or by the local twin`,
    );
  }
  const required = Object.fromEntries(names.map((name) => [name, environment[name]]));
  return {
    ...(required as Record<ExecutorEnvName, string>),
    credentialSource: {
      uri,
      token: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN,
      tokenFile: environment.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    },
    endpoint: environment.AWS_ENDPOINT_URL || undefined,
    toolsPath: environment.BELAY_TOOLS_PATH || undefined,
    passEnv: (environment.BELAY_PASS_ENV ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
    providerMirror: environment.BELAY_PROVIDER_MIRROR || undefined,
  };
}
