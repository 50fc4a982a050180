/** Error names that the machines themselves fail with. People read them in the console; a test joins them with the ASL. */

/** A deployment did not succeed. Not caught by the Release, so that a redrive of the Release goes on from there. */
export const DEPLOYMENT_FAILED = 'DeploymentFailed';
