/** Error names that the machines themselves fail with. People read them in the console; a test joins them with the ASL. */

/** A deployment did not succeed. Not caught by the Release, so that a redrive of the Release goes on from there. */
export const DEPLOYMENT_FAILED = 'DeploymentFailed';

/** A lease was to be given back, or a target rolled back, while a job still writes. The Deployment waits and tries again: an apply is never killed. */
export const STILL_WRITING = 'StillWriting';

/** An error whose name a machine's Retry matches: Lambda reports a thrown error by its name. */
export class NamedFailure extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}
