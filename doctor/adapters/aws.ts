/** The doctor's questions to AWS; nothing is changed anywhere. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient, SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { SECRETS } from '../../core/contracts/set-up.ts';
import { gitHubSecret } from '../../lambdas/adapters/github-secret.ts';
import type { Aws, StackState } from '../ports.ts';

/** "Fargate On-Demand vCPU resource count": https://docs.aws.amazon.com/general/latest/gr/ecs-service.html */
const FARGATE_VCPUS = { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' };

/** Its name in `lib/names.ts`. */
const RELEASE_MACHINE = 'belay-release';

/** Credentials and region are found as all tools of AWS find them. */
export function awsAccount(): Aws {
  const sts = new STSClient();
  return {
    async place() {
      const region = await sts.config.region();
      const { Account } = await sts.send(new GetCallerIdentityCommand({}));
      return { account: Account ?? '', region };
    },
    stack: (name) => stackOf(new CloudFormationClient(), name),
    async fargateVcpus() {
      const { Quota } = await new ServiceQuotasClient().send(new GetServiceQuotaCommand(FARGATE_VCPUS));
      if (Quota?.Value === undefined)
        throw new Error('reading the Fargate quota: Service Quotas has no value');
      return Quota.Value;
    },
    async concurrentFunctions() {
      const { AccountLimit } = await new LambdaClient().send(new GetAccountSettingsCommand({}));
      if (AccountLimit?.ConcurrentExecutions === undefined)
        throw new Error('reading how many functions may run at once: Lambda has no value');
      return AccountLimit.ConcurrentExecutions;
    },
    async releasesUnderWay() {
      const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      const [, partition, , , account] = Arn.split(':');
      const region = await sts.config.region();
      const stateMachineArn = `arn:${partition}:states:${region}:${account}:stateMachine:${RELEASE_MACHINE}`;
      const running = { stateMachineArn, statusFilter: 'RUNNING', maxResults: 1000 } as const;
      const { executions = [] } = await new SFNClient().send(new ListExecutionsCommand(running));
      return executions.length;
    },
    async gitHubCredentials() {
      try {
        return await gitHubSecret(SECRETS.app, new SecretsManagerClient())();
      } catch (error) {
        // What AWS refuses is no fault of what the secret holds.
        if (!(error instanceof Error) || error instanceof SecretsManagerServiceException) throw error;
        return { kind: 'unusable', problem: error.message };
      }
    },
  };
}

async function stackOf(client: CloudFormationClient, name: string): Promise<StackState | undefined> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks ?? [];
    if (stack?.StackStatus === undefined) return undefined;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [
      OutputKey,
      OutputValue,
    ]);
    return { status: stack.StackStatus, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    // There is no other name for it: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}
