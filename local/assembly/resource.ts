/** A resource with the names AWS would give it; what `Ref` and `Fn::GetAtt` are answered from. */

/** The one account the twin pretends to be deployed in. */
export const LOCAL_ACCOUNT = '123456789012';

/** Where the pretended deployment lives. */
export interface Place {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
  /** URL of the twin's AWS endpoint: queue URLs must lead there, because SDKs follow the host inside them. */
  readonly endpoint: string;
}

/** One resource of the stack. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** Its physical name: the one the template gives or one made as CloudFormation does, but the same every time. */
  readonly name: string;
  readonly place: Place;
  /** A property with its intrinsics resolved; undefined when the template does not set it. */
  property(name: string): unknown;
}

/** The ARN of something in the pretended account and region. */
export function arnOf(place: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${place.region}:${place.account}:${resource}`;
}

/** The ARN of something global, which has no region (IAM). */
export function globalArnOf(place: Place, service: string, resource: string): string {
  return `arn:aws:${service}::${place.account}:${resource}`;
}

/** `<stack>-<logicalId>`, the middle left out where a service's limit asks for it; logical ids end in a hash. */
export function generatedName(stack: string, logicalId: string, limit: number): string {
  const name = `${stack}-${logicalId}`;
  return name.length <= limit ? name : `${name.slice(0, limit - 9)}-${name.slice(-8)}`;
}
