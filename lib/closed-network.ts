/**
 * Where plans run that must not be able to send anything out: a VPC of their own without a way to the internet, whose endpoints
 * serve the configured accounts alone. Used by the executor; docs/network.md tells what is closed, and what is not.
 */
import {
  type GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  type InterfaceVpcEndpoint,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  CfnFirewallDomainList,
  CfnFirewallRuleGroup,
  CfnFirewallRuleGroupAssociation,
} from 'aws-cdk-lib/aws-route53resolver';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Configuration } from '../core/configuration/schema.ts';
import { accept } from './accepted.ts';
import { interfaceEndpoints, type JobNetwork, NEEDED_ENDPOINTS, WITHOUT_FLOW_LOGS } from './network.ts';

export interface ClosedNetworkProps {
  /** Services that plans ask besides those that no job can do without. */
  readonly endpoints: readonly string[];
  /** Those that manifests may name: a list, or the one Belay is deployed in. */
  readonly accounts: Configuration['accounts'];
}

const SUBNETS = { subnetGroupName: 'plans' };

/**
 * A VPC of its own, whatever the other stages have: a name of AWS that an endpoint answers is answered by it in the whole VPC, so in a
 * shared one applies would go through endpoints that are kept to plans.
 */
export class ClosedNetwork extends Construct implements JobNetwork {
  readonly placement: JobNetwork['placement'];
  readonly assignPublicIp = false;

  constructor(scope: Construct, id: string, { endpoints, accounts }: ClosedNetworkProps) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [
        { name: SUBNETS.subnetGroupName, subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
      restrictDefaultSecurityGroup: false,
    });
    accept(vpc, WITHOUT_FLOW_LOGS);
    const jobs = new SecurityGroup(this, 'Egress', {
      vpc,
      description: 'Plans of Belay: out to endpoints only',
      allowAllOutbound: false,
    });
    // The gateway's addresses are a prefix list, whose id CloudFormation does not tell; the routes lead nowhere else.
    jobs.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'Endpoints, which is all that routes lead to');
    this.placement = { vpc, vpcSubnets: SUBNETS, securityGroups: [jobs] };
    const known = [...new Set([Stack.of(this).account, ...(Array.isArray(accounts) ? accounts : [])])];
    this.#endpoints(vpc, jobs, { services: new Set([...NEEDED_ENDPOINTS, ...endpoints]), known });
    this.#names(vpc);
  }

  /**
   * Who brings credentials of another account is served by none of them, and S3 gives nothing of another account but image layers:
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
   */
  #endpoints(
    vpc: IVpc,
    jobs: SecurityGroup,
    { services, known }: { services: Set<string>; known: readonly string[] },
  ): void {
    const keep = (endpoint: GatewayVpcEndpoint | InterfaceVpcEndpoint, ...of: readonly string[]) =>
      endpoint.addToPolicy(
        new PolicyStatement({
          principals: [new AnyPrincipal()],
          actions: ['*'],
          resources: ['*'],
          conditions: { StringEquals: Object.fromEntries(of.map((key) => [`aws:${key}Account`, known])) },
        }),
      );
    const s3 = vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    keep(s3, 'Principal', 'Resource');
    const { partition, region } = Stack.of(this);
    s3.addToPolicy(
      // https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
      }),
    );
    if (services.delete('dynamodb')) {
      const service = GatewayVpcEndpointAwsService.DYNAMODB;
      keep(vpc.addGatewayEndpoint('DynamoDb', { service }), 'Principal', 'Resource');
    }
    for (const endpoint of interfaceEndpoints(this, { vpc, vpcSubnets: SUBNETS, jobs, services }))
      keep(endpoint, 'Principal');
  }

  /**
   * The VPC's resolver answers for the whole internet whatever the routes are, and no security group sees it: a name that is asked for
   * would carry something out to whoever answers for its domain. So only AWS's own names are looked up.
   * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html
   */
  #names(vpc: IVpc): void {
    const list = (id: string, domain: string) =>
      new CfnFirewallDomainList(this, id, { domains: [domain] }).attrId;
    const group = new CfnFirewallRuleGroup(this, 'Names', {
      firewallRules: [
        {
          priority: 1,
          action: 'ALLOW',
          firewallDomainListId: list('NamesOfAws', `*.${Stack.of(this).urlSuffix}`),
        },
        {
          priority: 2,
          action: 'BLOCK',
          blockResponse: 'NXDOMAIN',
          firewallDomainListId: list('AllNames', '*'),
        },
      ],
    });
    new CfnFirewallRuleGroupAssociation(this, 'NamesInVpc', {
      vpcId: vpc.vpcId,
      firewallRuleGroupId: group.attrId,
      // https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html
      priority: 101,
    });
  }
}
