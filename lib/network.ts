/** Where jobs run: used by the executor. */
import {
  type ISecurityGroup,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export class Network extends Construct {
  /** What a compute environment needs to know. */
  readonly placement: {
    readonly vpc: IVpc;
    readonly vpcSubnets: SubnetSelection;
    readonly securityGroups: ISecurityGroup[];
  };
  /** Where there is no NAT gateway, a job reaches the internet by an address of its own. */
  readonly assignPublicIp: boolean;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Public subnets without a NAT gateway cost nothing while idle; the security group lets nothing in.
    const vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 20 }],
      restrictDefaultSecurityGroup: false,
    });
    const egress = new SecurityGroup(this, 'Egress', {
      vpc,
      description: 'Jobs of Belay: out only',
      allowAllOutbound: true,
    });
    this.placement = { vpc, vpcSubnets: { subnetType: SubnetType.PUBLIC }, securityGroups: [egress] };
    this.assignPublicIp = true;
  }
}
