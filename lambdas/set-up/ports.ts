/** What the set-up needs of the world: its item of the ledger, two secrets, and GitHub's answer to a manifest. */
import type { Clock, Ledger, Log } from '../ports.ts';

/** The secrets that the set-up fills; it reads neither. */
export type SetUpSecret = 'app' | 'webhook';

export interface SetUpSecrets {
  /**
   * Makes `value` the current one, at most once for a `version` (32 to 64 characters): false when that version is there already
   * with another value, nothing but true when with this one.
   */
  put(secret: SetUpSecret, value: string, version: string): Promise<boolean>;
}

/** An App that GitHub has made. */
export interface NewApp {
  readonly id: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** The App's page on GitHub. */
  readonly url: string;
}

export interface SetUpPorts {
  readonly ledger: Pick<Ledger, 'get' | 'put'>;
  readonly secrets: SetUpSecrets;
  /** Exchanges GitHub's code for the App, once; undefined when GitHub does not know the code (any more). */
  readonly newApp: (code: string) => Promise<NewApp | undefined>;
  /** Random, and nothing of it has to be escaped in an address. */
  readonly newCode: () => string;
  readonly clock: Clock;
  /** Base of GitHub's pages. */
  readonly gitHubUrl: string;
  readonly log: Log;
}
