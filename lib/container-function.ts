/** The only way this stack makes a function: the shared image, one command, a role of its own, an environment checked against its contract. */
import {
  Architecture,
  DockerImageCode,
  DockerImageFunction,
  type IFunction,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { Contract } from '../core/contract.ts';
import type { Binding, Exactly } from './binding.ts';
import { functionRole } from './function-role.ts';
import type { Image } from './image.ts';

/** What all functions have in common. */
export interface Shared {
  readonly image: Image;
  /** Days. */
  readonly logRetention: number;
}

export interface ContainerFunctionProps<Name extends string, Bindings extends readonly Binding<never>[]> {
  readonly shared: Shared;
  /** The bundle in the image whose `handler` is called. */
  readonly command: string;
  readonly contract: Contract<Name, z.ZodType, z.ZodType>;
  /** Together they must set exactly the contract's variables: anything else does not compile. */
  readonly bindings: Bindings & Exactly<Name, Bindings>;
  /** For roles that others trust by name. @default CloudFormation's */
  readonly roleName?: string;
  /** @default 30 seconds */
  readonly timeout?: Duration;
  /** MiB. @default 512 */
  readonly memory?: number;
  /** MiB in /tmp. @default 512 */
  readonly storage?: number;
}

const LOGS = 'Logs';

/** Where a function made here writes its log. */
export function logsOf(fn: IFunction): LogGroup {
  const logs = fn.node.scope?.node.tryFindChild(LOGS);
  if (logs instanceof LogGroup) return logs;
  throw new Error(
    `looking for the log of ${fn.node.path}: it was made by something else than ContainerFunction`,
  );
}

export class ContainerFunction<
  Name extends string,
  const Bindings extends readonly Binding<never>[],
> extends Construct {
  readonly fn: IFunction;

  constructor(scope: Construct, id: string, props: ContainerFunctionProps<Name, Bindings>) {
    super(scope, id);
    const { image, logRetention } = props.shared;
    const [architecture] = image.architectures;
    const logGroup = new LogGroup(this, LOGS, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.fn = new OneVersion(this, 'Function', {
      description: `Belay: ${props.command}`,
      code: DockerImageCode.fromEcr(image.repository, {
        tagOrDigest: image.tag(architecture),
        cmd: [`${props.command}.handler`],
      }),
      architecture: architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memory ?? 512,
      ...(props.storage === undefined ? {} : { ephemeralStorageSize: Size.mebibytes(props.storage) }),
      tracing: Tracing.ACTIVE,
      environment: Object.assign({}, ...props.bindings.map((binding) => binding.env)),
      role: functionRole(this, { name: props.command, logGroup, roleName: props.roleName }),
      logGroup,
    });
    image.neededBy(this.fn, architecture);
    for (const binding of props.bindings) binding.grant(this.fn);
  }
}

/** Who may invoke it may invoke it alone: CDK would add all its versions and aliases, of which there are none. */
class OneVersion extends DockerImageFunction {
  override get resourceArnsForGrantInvoke(): string[] {
    return [this.functionArn];
  }
}
