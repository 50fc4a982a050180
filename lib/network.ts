/** Where jobs run: subnets of our own or somebody else's, and what a job can reach from there. Used by the executor. */
import {
  GatewayVpcEndpointAwsService,
  type InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  Subnet,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Annotations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { accept } from './accepted.ts';

type Settings = Configuration['network'];
type Private = Extract<Settings, { kind: 'private' }>;

/**
 * What no job can do without: its image, its log, the functions that serve it, and who its tool's provider is (which providers ask at
 * their start). S3 is reached by a gateway. Fargate itself needs none:
 * https://docs.aws.amazon.com/batch/latest/userguide/vpc-endpoint-considerations.html
 */
export const NEEDED_ENDPOINTS: readonly string[] = ['ecr.api', 'ecr.dkr', 'logs', 'lambda', 'sts'];

/** What compute environments and job definitions need to know of a network. */
export interface JobNetwork {
  /** Of a compute environment. */
  readonly placement: {
    readonly vpc: IVpc;
    readonly vpcSubnets: SubnetSelection;
    readonly securityGroups: ISecurityGroup[];
  };
  /** Where there is no NAT gateway, a job reaches the internet by an address of its own. */
  readonly assignPublicIp: boolean;
}

/** For a VPC of Belay's own, which has no flow logs. */
export const WITHOUT_FLOW_LOGS = {
  VPC7: 'nothing listens in it; whom jobs call is in CloudTrail, and a log of flows costs more than the idle stack',
};

export class Network extends Construct implements JobNetwork {
  readonly placement: JobNetwork['placement'];
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const { vpc, vpcSubnets } = this.place(settings);
    const jobs = new SecurityGroup(this, 'Egress', {
      vpc,
      description: 'Jobs of Belay: out only',
      allowAllOutbound: true,
    });
    this.placement = { vpc, vpcSubnets, securityGroups: [jobs] };
    this.assignPublicIp =
      settings.kind === 'public' || (settings.kind === 'existing' && settings.assignPublicIp);
    if (settings.kind === 'private') this.endpoints(vpc, jobs, settings);
  }

  private place(settings: Settings): { vpc: IVpc; vpcSubnets: SubnetSelection } {
    switch (settings.kind) {
      case 'public':
        // Without a NAT gateway they cost nothing while idle.
        return this.own([{ name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20 }], 0);
      case 'private': {
        const { natGateways } = settings;
        if (natGateways === 0)
          return this.own([{ name: 'closed', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }], 0);
        return this.own(
          [
            { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
            { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 28 },
          ],
          natGateways,
        );
      }
      case 'existing': {
        // Nothing is looked up, and jobs run in the named subnets: that the CDK wants to know of a zone is of no consequence.
        const vpc = Vpc.fromVpcAttributes(this, 'Vpc', { vpcId: settings.vpcId, availabilityZones: [''] });
        const subnets = settings.subnetIds.map((subnet, index) =>
          Subnet.fromSubnetId(this, `Subnet${index + 1}`, subnet),
        );
        // Nobody here asks for its route table.
        for (const subnet of subnets)
          Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
        return { vpc, vpcSubnets: { subnets } };
      }
    }
  }

  /** Jobs run in the first of the kinds of subnets. */
  private own(
    subnetConfiguration: { name: string; subnetType: SubnetType; cidrMask: number }[],
    natGateways: number,
  ): { vpc: IVpc; vpcSubnets: SubnetSelection } {
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways,
      subnetConfiguration,
      restrictDefaultSecurityGroup: false,
    });
    accept(vpc, WITHOUT_FLOW_LOGS);
    return { vpc, vpcSubnets: { subnetGroupName: subnetConfiguration[0]?.name ?? '' } };
  }

  private endpoints(vpc: IVpc, jobs: SecurityGroup, { natGateways, endpoints }: Private): void {
    // Gateways are free, and what goes through them passes no NAT gateway, image layers and state above all.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    const services = new Set([...(natGateways === 0 ? NEEDED_ENDPOINTS : []), ...endpoints]);
    if (services.size === 0) return;
    interfaceEndpoints(this, { vpc, vpcSubnets: this.placement.vpcSubnets, jobs, services });
  }
}

/** Endpoints of services in each of the subnets, into which only `jobs` are let. */
export function interfaceEndpoints(
  scope: Construct,
  {
    vpc,
    vpcSubnets,
    jobs,
    services,
  }: { vpc: IVpc; vpcSubnets: SubnetSelection; jobs: SecurityGroup; services: ReadonlySet<string> },
): InterfaceVpcEndpoint[] {
  const securityGroup = new SecurityGroup(scope, 'Endpoints', {
    vpc,
    description: 'Endpoints of AWS services: in from jobs of Belay only',
    allowAllOutbound: false,
  });
  securityGroup.addIngressRule(jobs, Port.tcp(443));
  return [...services].map((service) =>
    vpc.addInterfaceEndpoint(`Endpoint-${service}`, {
      service: endpointService(service),
      subnets: vpcSubnets,
      securityGroups: [securityGroup],
      open: false,
    }),
  );
}

/**
 * IAM's endpoint has no region in its name, and is there in us-east-1 alone:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam_vpc_endpoint_create.html
 */
const endpointService = (service: string) =>
  service === 'iam' ? InterfaceVpcEndpointAwsService.IAM : new InterfaceVpcEndpointAwsService(service);
