/** What the account can do: bootstrap, quotas, and how the last deployment ended. */
import type { Configuration } from '../core/configuration/schema.ts';
import type { Finding } from './finding.ts';
import type { Aws, Place, StackState } from './ports.ts';

/** The stack that `cdk bootstrap` makes, and the version the stack of Belay needs of it (`requiresBootstrapStackVersion` in cdk.out/manifest.json). */
const BOOTSTRAP = { stack: 'CDKToolkit', version: 6 };

/** `bin/app.ts` names it. */
export const STACK = 'Belay';

/** Fewer plans at once than this make a release of many targets slow. */
const COMFORTABLE_JOBS = 10;

/** A release of many targets calls some functions for each of them at the same time, and each running job now and then. */
const COMFORTABLE_FUNCTIONS = 100;

/** A region where the CDK has never been set up cannot be deployed to. */
export async function examineBootstrap(aws: Aws, { account, region }: Place): Promise<Finding> {
  const check = 'bootstrap';
  const found = (await aws.stack(BOOTSTRAP.stack))?.outputs.BootstrapVersion;
  const todo = `npx cdk bootstrap aws://${account}/${region}`;
  if (found === undefined)
    return { check, verdict: 'problem', message: `the CDK is not set up in ${account}/${region}`, todo };
  if (Number(found) < BOOTSTRAP.version) {
    const message = `the CDK is set up in version ${found}; ${BOOTSTRAP.version} is needed`;
    return { check, verdict: 'problem', message, todo };
  }
  return { check, verdict: 'ok', message: `the CDK is set up, version ${found}` };
}

/** New accounts have 6 vCPU: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
export async function examineFargate(aws: Aws, { jobs }: Configuration): Promise<Finding> {
  const check = 'Fargate';
  const quota = await aws.fargateVcpus();
  const raise = (vcpus: number) =>
    `ask for more: aws service-quotas request-service-quota-increase --service-code fargate --quota-code L-3032A538 --desired-value ${vcpus}`;
  const [stage, largest] = Object.entries(jobs).reduce((one, other) =>
    other[1].vcpu > one[1].vcpu ? other : one,
  );
  if (largest.vcpu > quota) {
    const message = `the account may run ${quota} vCPU at once, less than one ${stage} job has (${largest.vcpu})`;
    return {
      check,
      verdict: 'problem',
      message,
      todo: `make it smaller in jobs.${stage}, or ${raise(largest.vcpu * COMFORTABLE_JOBS)}`,
    };
  }
  const plans = Math.floor(quota / jobs.plan.vcpu);
  const message = `the account may run ${quota} vCPU at once: ${plans} plan ${plans === 1 ? 'job' : 'jobs'}; more wait`;
  if (plans >= COMFORTABLE_JOBS) return { check, verdict: 'ok', message };
  return { check, verdict: 'advice', message, todo: raise(jobs.plan.vcpu * COMFORTABLE_JOBS * 4) };
}

/** New accounts have 10: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export async function examineFunctions(aws: Aws): Promise<Finding> {
  const check = 'Lambda';
  const quota = await aws.concurrentFunctions();
  const message = `the account may run ${quota} functions at once`;
  if (quota >= COMFORTABLE_FUNCTIONS) return { check, verdict: 'ok', message };
  const todo =
    'ask for more, 1000 is the usual number: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000';
  const slow = 'a release of many targets is throttled, and a delivery of GitHub may be';
  return { check, verdict: 'advice', message: `${message}: ${slow}`, todo };
}

/** Releases go on with the machines they began with, but with the functions of the next deployment: docs/install.md. */
export async function examineReleases(aws: Aws): Promise<Finding> {
  const check = 'releases';
  const count = await aws.releasesUnderWay();
  if (count === 0) return { check, verdict: 'ok', message: 'none is under way' };
  const message = `${count} ${count === 1 ? 'is' : 'are'} under way`;
  return { check, verdict: 'advice', message, todo: 'before you deploy read docs/install.md#upgrade' };
}

/** The stack, for who asks further; undefined where there is none to ask. */
export async function examineStack(
  aws: Aws,
): Promise<{ readonly finding: Finding; readonly stack?: StackState }> {
  const check = 'stack';
  const deploy = `npx cdk deploy ${STACK}`;
  const stack = await aws.stack(STACK);
  if (stack === undefined || stack.status === 'DELETE_COMPLETE')
    return { finding: { check, verdict: 'problem', message: `${STACK} is not deployed`, todo: deploy } };
  const { status } = stack;
  const finding = (verdict: Finding['verdict'], what: string, todo?: string): Finding => {
    return { check, verdict, message: `${STACK} is ${status}: ${what}`, ...(todo !== undefined && { todo }) };
  };
  if (status === 'ROLLBACK_COMPLETE' || status === 'ROLLBACK_FAILED' || status === 'CREATE_FAILED') {
    const unprotect = `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${STACK}`;
    const todo = `read its events in CloudFormation, mend what they name, delete it (${unprotect} && aws cloudformation delete-stack --stack-name ${STACK}), then ${deploy}; docs/install.md#when-a-deployment-fails`;
    return { finding: finding('problem', 'its first deployment failed', todo) };
  }
  if (status.endsWith('_FAILED')) {
    const todo = `read its events in CloudFormation; docs/install.md#when-a-deployment-fails`;
    return { finding: finding('problem', 'its last change failed and stays half done', todo), stack };
  }
  if (status.endsWith('_IN_PROGRESS'))
    return {
      finding: finding('advice', 'it is being changed just now', 'wait for it, and ask again'),
      stack,
    };
  if (status.includes('ROLLBACK')) {
    const todo = `read its events in CloudFormation, then ${deploy}`;
    return {
      finding: finding('advice', 'the last deployment failed; the one before it is in force', todo),
      stack,
    };
  }
  return { finding: finding('ok', 'deployed'), stack };
}
