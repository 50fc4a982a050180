/** What the doctor asks AWS and GitHub; the real ones are in `adapters/`, tests have theirs in memory. */
import type { KeyObject } from 'node:crypto';

/** Where the credentials lead to. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface StackState {
  /** As CloudFormation names it: `CREATE_COMPLETE`, `UPDATE_ROLLBACK_COMPLETE`, … */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the secret for GitHub holds. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'app'; readonly appId: string; readonly privateKey: KeyObject }
  /** Nothing, or nothing that makes sense; said for people. */
  | { readonly kind: 'unusable'; readonly problem: string };

/** Every one may throw; the message is for people. */
export interface Aws {
  /** @throws Error where there are no credentials or there is no region. */
  place(): Promise<Place>;
  /** Undefined where there is no such stack. */
  stack(name: string): Promise<StackState | undefined>;
  /** How many vCPUs of Fargate the account may run at once. */
  fargateVcpus(): Promise<number>;
  /** How many functions the account may run at once. */
  concurrentFunctions(): Promise<number>;
  /** How many releases are under way, those that wait for a person included. */
  releasesUnderWay(): Promise<number>;
  gitHubCredentials(): Promise<Credentials>;
}

/** Permission → level. */
export type Permissions = Readonly<Record<string, string>>;

export interface Installation {
  readonly account: string;
  readonly permissions: Permissions;
  readonly suspended: boolean;
}

export interface App {
  readonly name: string;
  /** Its page, below which the settings are. */
  readonly url: string;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly webhookUrl: string;
  readonly installations: readonly Installation[];
}

export interface GitHub {
  /** The App, as its own signed word asks; undefined when GitHub does not take that. */
  app(credentials: Extract<Credentials, { kind: 'app' }>): Promise<App | undefined>;
  /** The name of whom a token belongs to; undefined when GitHub does not take it. */
  owner(token: string): Promise<string | undefined>;
}
