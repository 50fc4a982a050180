/**
 * Who the tool is. An AWS config file outside the work tree with two profiles, both answered by `main.mjs credentials FILE …`, or by
 * the session that it opened last (`session-keeper.ts`):
 * `belay-state` may touch the target's own state (named in the managed backend), `belay-environment` is the environment's role (the
 * tool's default). The job's own role is neither: it may call functions and nothing else.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialSource } from '../core/contracts/executor.ts';
import type { JobProof } from '../core/contracts/job-services.ts';
import type { FunctionPlace } from './invoke.ts';
import type { Job } from './job.ts';
import { keeperScript } from './session-keeper.ts';

export const STATE_PROFILE = 'belay-state';
export const ENVIRONMENT_PROFILE = 'belay-environment';

/** What `credentials` works with. A file, not variables: the tool's environment belongs to the tool and to the manifest. */
export interface Identity {
  readonly place: FunctionPlace;
  /** Name of the function `sessions`. */
  readonly sessions: string;
  readonly proof: JobProof;
  readonly credentialSource: CredentialSource;
}

/** Writes the identity's files and answers the variables that lead an AWS SDK to them. */
export async function writeIdentity({
  settings,
  spec,
  proof,
  executor,
  workspace,
}: Job): Promise<Record<string, string>> {
  const identity: Identity = {
    place: { region: settings.AWS_REGION, endpoint: settings.endpoint },
    sessions: settings.SESSIONS_FUNCTION,
    proof,
    credentialSource: settings.credentialSource,
  };
  const directory = workspace.own;
  const identityFile = join(directory, 'identity.json');
  const script = join(directory, 'session.sh');
  const config = join(directory, 'aws-config');
  const credentials = join(directory, 'aws-credentials');
  await writeFile(identityFile, JSON.stringify(identity), { mode: 0o600 });
  await writeFile(script, keeperScript(directory, [...executor, 'credentials', identityFile]), {
    mode: 0o600,
  });
  // Begins and ends without a quote: the config parser of the Go SDK takes outermost quotes off the whole value.
  const profile = (name: string, which: string, region: string) =>
    `[profile ${name}]\nregion = ${region}\ncredential_process = /bin/sh "${script}" ${which}\n`;
  await writeFile(
    config,
    profile(STATE_PROFILE, 'state', settings.AWS_REGION) +
      profile(ENVIRONMENT_PROFILE, 'environment', spec.region),
    { mode: 0o600 },
  );
  // Empty, and named: the files of a developer's home directory must not answer for these profiles.
  await writeFile(credentials, '', { mode: 0o600 });
  return {
    AWS_PROFILE: ENVIRONMENT_PROFILE,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_SDK_LOAD_CONFIG: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
  };
}
