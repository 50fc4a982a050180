/** What moto 5.2 does not make, and why that says nothing about the template. Whatever else it refuses is for a person to look at. */

const LIMITS: readonly { readonly type: RegExp; readonly says: RegExp; readonly why: string }[] = [
  {
    type: /^AWS::(ApiGatewayV2|CodeBuild|Scheduler|SecretsManager)::|::(Alarm|BucketPolicy|EventInvokeConfig|MetricFilter|QueryDefinition|QueuePolicy|TopicPolicy)$/,
    says: /nothing was said, and nothing made/,
    why: "moto's CloudFormation passes the type over",
  },
  {
    type: /^AWS::Batch::ComputeEnvironment$/,
    says: /ServiceRole/,
    why: 'moto wants a ServiceRole; AWS takes the service-linked role where there is none (API_CreateComputeEnvironment)',
  },
  {
    type: /^AWS::Lambda::Function$/,
    says: /AccessDenied|NoSuchBucket|NoSuchKey|bucket|key/i,
    why: 'its code is an asset in the bootstrap bucket, which is not there',
  },
  {
    type: /^Custom::/,
    says: /./,
    why: 'nothing runs the function behind it',
  },
  {
    type: /^AWS::Events::Archive$/,
    says: /JSON object must be str/,
    why: 'moto wants the pattern as a string; it is an object in CloudFormation',
  },
  {
    type: /^AWS::Events::Rule$/,
    says: /'EventBus' object has no attribute/,
    why: 'moto does not resolve a reference to a bus in a rule',
  },
  {
    type: /^AWS::Batch::JobQueue$/,
    says: /./,
    why: 'its compute environment was not made',
  },
  {
    type: /^AWS::ECR::Repository$/,
    says: /repositoryName/,
    why: 'moto makes a name of the logical id as it is; CloudFormation writes it in small letters',
  },
];

/** Undefined where it is no limit that is known. */
export const limitOf = (type: string, said: string): string | undefined =>
  LIMITS.find((limit) => limit.type.test(type) && limit.says.test(said))?.why;
