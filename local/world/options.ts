/** How a world is opened. */
import type { Decided } from '../wire/service.ts';

export interface WorldOptions {
  /** Everything that is remembered from start to start. */
  readonly stateDir: string;
  /** The folder `cdk synth` wrote. */
  readonly cdkOut: string;
  /** @default eu-west-1 */
  readonly region?: string | undefined;
  /** Jobs running at once. @default the number of cores, at least 2 */
  readonly slots?: number | undefined;
  /** Variables of the user's shell that the tools may see besides the usual ones. */
  readonly passEnv?: readonly string[] | undefined;
  /** The environment of the user's shell. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears what people should know: lost events, defects of the twin. @default standard error */
  readonly log?: ((message: string) => void) | undefined;
  /** What Belay is to GitHub; where it is an App already, it stays one. @default token */
  readonly github?: 'app' | 'token' | undefined;
  /** Hears of every question whether a role may do something, and the answer. */
  readonly decided?: ((decided: Decided) => void) | undefined;
  /** How often the bus delivers every event; delivery is at least once, so tests ask for more. @default 1 */
  readonly busDeliveries?: number | undefined;
}
