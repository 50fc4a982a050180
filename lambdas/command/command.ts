/** What a person may ask: invoked directly with a person's login, or by a rule with what somebody said on GitHub. One file per action beside this one. */
import type * as z from 'zod';
import type { command as contract } from '../../core/contracts/command.ts';
import type { Answer } from './answer.ts';
import { type CancelPorts, cancel } from './cancel.ts';
import { type CommentPorts, comment } from './comment.ts';
import { type DecidePorts, decide } from './decide.ts';
import { type PressPorts, press, rerun } from './press.ts';
import { type RedrivePorts, redrive } from './redrive.ts';
import { type RequestPorts, request } from './request.ts';
import { type UnlockPorts, unlock } from './unlock.ts';

export type CommandPorts = DecidePorts &
  CancelPorts &
  RedrivePorts &
  RequestPorts &
  UnlockPorts &
  CommentPorts &
  PressPorts;

type Input = z.output<typeof contract.input>;
type Actions = {
  readonly [A in Input['action']]?: (
    order: Extract<Input, { action: A }>,
    ports: CommandPorts,
  ) => Promise<Answer>;
};

const ACTIONS: Actions = {
  approve: decide,
  reject: decide,
  cancel,
  redrive,
  unlock,
  destroy: request,
  rollback: request,
  comment,
  press,
  're-run': rerun,
};

/** Refusals are answers that say why. @throws Error when something Belay needs did not answer: ask again then. */
export async function command(input: Input, ports: CommandPorts): Promise<Answer> {
  // Each action takes its own order: the table's type says so, which TypeScript cannot follow through an index.
  const act = ACTIONS[input.action] as ((order: Input, ports: CommandPorts) => Promise<Answer>) | undefined;
  if (act === undefined) return { accepted: false, message: `${input.action} is not served` };
  return act(input, ports);
}
