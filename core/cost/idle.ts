/** What the stack costs in a month in which nobody pushes, resource by resource of its template. Printed at each synth. */
import { type CostLine, costLine, totalOf } from './line.ts';

/** As much of a CloudFormation template as its price depends on. */
export interface PricedTemplate {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

export interface IdleCost {
  readonly lines: readonly CostLine[];
  readonly usd: number;
  /** Types nobody has said a price of: they must be added here. */
  readonly unknown: readonly string[];
}

/** AWS's own month. */
const HOURS = 730;
/** CloudWatch's free tier, which does not end: https://aws.amazon.com/cloudwatch/pricing/ */
const FREE_ALARMS = 10;
const FREE_DASHBOARDS = 3;
/** An interface endpoint that names no subnets would be in this many zones. */
const ZONES = 2;
/** Both images, compressed, with one replaced version each. GB. */
const IMAGES = 1;
/** The sweep, four times an hour: one call each, with this many reads of the ledger and GB-seconds. */
const SWEEP = { calls: HOURS * 4, reads: 10, memory: 0.5 * 1 };

/** Asked for by use alone; a release's bill has them. */
const BY_USE = new Set(
  ['ApiGatewayV2', 'Batch', 'CloudFormation', 'CodeBuild', 'DynamoDB', 'Events', 'IAM', 'Lambda', 'Logs']
    .concat(['S3', 'SNS', 'SQS', 'Scheduler', 'StepFunctions', 'XRay', 'ResourceGroups', 'CDK', 'Budgets'])
    // By the name that is looked up; a domain in a list is a twentieth of a cent.
    .concat(['Route53Resolver']),
);
/** Single types that cost nothing by themselves. */
const FREE_TYPES =
  /^(Custom::.*|AWS::EC2::(?!NatGateway$|VPCEndpoint$|EIP$|Instance$).*|AWS::KMS::Alias|AWS::SecretsManager::ResourcePolicy)$/;

type Properties = Readonly<Record<string, unknown>>;

export function idleCost({ Resources }: PricedTemplate): IdleCost {
  const all = Object.values(Resources);
  const of = (type: string, counts: (properties: Properties) => boolean = () => true) =>
    all.filter((one) => one.Type === type && counts(one.Properties ?? {}));
  const priced = new Set<string>();
  const count = (type: string) => {
    priced.add(type);
    return of(type).length;
  };
  const beyondFree = (type: string, free: number) => Math.max(0, count(type) - free);
  const endpoints = of('AWS::EC2::VPCEndpoint', ({ VpcEndpointType }) => VpcEndpointType === 'Interface');
  const endpointZones = endpoints.reduce((sum, { Properties }) => sum + zonesOf(Properties), 0);
  priced.add('AWS::EC2::VPCEndpoint');
  const alarms = beyondFree('AWS::CloudWatch::Alarm', FREE_ALARMS);
  const schedules = of('AWS::Events::Rule', ({ ScheduleExpression }) => ScheduleExpression !== undefined);
  const lines = [
    costLine('keys', count('AWS::KMS::Key'), 'key'),
    costLine('secrets', count('AWS::SecretsManager::Secret'), 'secret'),
    costLine(`alarms beyond the ${FREE_ALARMS} that are free`, alarms, 'alarm'),
    costLine(
      `dashboards beyond the ${FREE_DASHBOARDS} that are free`,
      beyondFree('AWS::CloudWatch::Dashboard', FREE_DASHBOARDS),
      'dashboard',
    ),
    costLine('composite alarms', count('AWS::CloudWatch::CompositeAlarm') * 5, 'alarm'),
    costLine('NAT gateways', count('AWS::EC2::NatGateway') * HOURS, 'natGateway'),
    costLine('their addresses', count('AWS::EC2::EIP') * HOURS, 'publicAddress'),
    costLine('interface endpoints, a zone each', endpointZones * HOURS, 'interfaceEndpoint'),
    costLine('images, about', count('AWS::ECR::Repository') > 0 ? IMAGES : 0, 'imageStorage'),
    ...(schedules.length === 0
      ? []
      : [
          costLine('the sweep: functions called', SWEEP.calls, 'invocation'),
          costLine('the sweep: their memory', SWEEP.calls * SWEEP.memory, 'functionMemory'),
          costLine('the sweep: ledger read', SWEEP.calls * SWEEP.reads, 'tableRead'),
        ]),
  ].filter(({ amount }) => amount > 0);
  const unknown = all.map(({ Type }) => Type).filter((type) => !priced.has(type) && !isFree(type));
  return { lines, usd: totalOf(lines), unknown: [...new Set(unknown)].sort() };
}

const zonesOf = ({ SubnetIds }: Properties = {}) => (Array.isArray(SubnetIds) ? SubnetIds.length : ZONES);

function isFree(type: string): boolean {
  const [, service = ''] = type.split('::');
  return FREE_TYPES.test(type) || BY_USE.has(service);
}
