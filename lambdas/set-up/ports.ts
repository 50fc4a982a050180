/** What the set-up needs of the world: three secrets, and GitHub's answer to a manifest. */
import type { Log } from '../ports.ts';

/** The set-up's own secret, and the two it fills. */
export type SetUpSecret = 'own' | 'app' | 'webhook';

export interface SetUpSecrets {
  /** The current value of the set-up's own secret; the other two are never read. */
  own(): Promise<string>;
  /**
   * Makes `value` the current one. With `version` (32 to 64 characters) at most once: false when that version is there already
   * with another value, nothing but true when with this one.
   */
  put(secret: SetUpSecret, value: string, version?: string): Promise<boolean>;
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
  readonly secrets: SetUpSecrets;
  /** Exchanges GitHub's code for the App, once; undefined when GitHub does not know the code (any more). */
  readonly newApp: (code: string) => Promise<NewApp | undefined>;
  /** Base of GitHub's pages. */
  readonly gitHubUrl: string;
  readonly log: Log;
}
