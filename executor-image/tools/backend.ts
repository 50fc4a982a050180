/** The managed backend: state in Belay's bucket for components whose code declares none, or one that a job's end would lose. */
import type { JobSpec } from '../../core/contracts/job.ts';
import { regionalEndpoint } from '../aws-request.ts';
import { STATE_PROFILE } from '../identity.ts';

/** The generated file. Not an override file: a backend we failed to see in the code is then a loud duplicate, never replaced. */
export const BACKEND_FILE = 'belay_backend.tf.json';

/** The same, replacing a backend we did see: https://developer.hashicorp.com/terraform/language/files/override */
export const BACKEND_OVERRIDE_FILE = 'belay_backend_override.tf.json';

/** Where the state lies and how it is reached. */
export interface StatePlace {
  readonly state: JobSpec['state'];
  /** Region of the executor and of its bucket. */
  readonly region: string;
  /** The twin's endpoint. */
  readonly endpoint?: string;
}

/**
 * The file's content, the same in every job of a target: a saved plan carries its backend configuration along. It holds no role,
 * key or token; the profile is answered by the executor. The endpoint is always explicit, so that an `AWS_ENDPOINT_URL` in the
 * manifest's `env` reaches providers only. https://developer.hashicorp.com/terraform/language/backend/s3
 */
export function managedBackend({ state, region, endpoint }: StatePlace): string {
  const s3 = {
    bucket: state.bucket,
    key: state.key,
    region,
    profile: STATE_PROFILE,
    use_lockfile: true,
    encrypt: true,
    kms_key_id: state.kmsKeyArn,
    endpoints: { s3: endpoint ?? regionalEndpoint('s3', region) },
    use_path_style: endpoint === undefined ? undefined : true,
    // Nothing but S3 is asked: no STS, no IAM, no instance metadata.
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
    skip_region_validation: true,
    skip_requesting_account_id: true,
  };
  return `${JSON.stringify({ terraform: { backend: { s3 } } }, null, 2)}\n`;
}
