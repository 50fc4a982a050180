/** What moto 5.2 does not make, and why that says nothing about the template. Whatever else it refuses is for a person to look at. */

const LIMITS: readonly { readonly type: RegExp; readonly says: RegExp; readonly why: string }[] = [
  {
    type: /^AWS::(ApiGatewayV2|Scheduler|SecretsManager)::|^AWS::Lambda::EventInvokeConfig$|^AWS::(S3::BucketPolicy|SQS::QueuePolicy)$/,
    says: /nothing was said, and nothing made/,
    why: "moto's CloudFormation passes the type over",
  },
  {
    type: /^AWS::Batch::ComputeEnvironment$/,
    says: /ServiceRole/,
    why: 'moto wants a ServiceRole; AWS takes the service-linked role where there is none (API_CreateComputeEnvironment)',
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
