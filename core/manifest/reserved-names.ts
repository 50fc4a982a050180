/** The names of environment variables that a manifest may not set, because Belay's executor sets them itself; read by the schema. */

/** What Belay or AWS puts into every job. */
const reservedPrefixes = ['BELAY_', 'AWS_CONTAINER_', 'AWS_BATCH_', 'TF_CLI_ARGS'];

const reservedNames = new Set([
  // Who the tool is: the two profiles of a job (see docs/manifest.md, "Reserved names").
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  // Where the tool runs and what it is asked: a plan and its apply must agree on them.
  'HOME',
  'PATH',
  'TF_CLI_CONFIG_FILE',
  'TF_DATA_DIR',
  'TF_INPUT',
  'TF_IN_AUTOMATION',
  'TF_PLUGIN_CACHE_DIR',
  'TF_WORKSPACE',
]);

/** Whether the executor keeps this environment variable for itself. */
export function isReservedName(name: string): boolean {
  return reservedNames.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix));
}
