/** The contract of `command`: what people may ask, invoked directly or by what they say on GitHub. */
import * as z from 'zod';
import { defineContract } from '../contract.ts';
import { commentedSchema, pressedSchema, rerunSchema } from './conversation.ts';
import { commitSchema } from './push.ts';

/** A release as people name it. */
const onRelease = { repository: z.int(), release: z.string(), by: z.string() };
/** A target of a release as people name it. */
const onTarget = { ...onRelease, environment: z.string(), component: z.string() };
/** An environment as people name it. */
const onEnvironment = { repository: z.int(), environment: z.string(), by: z.string() };

/**
 * `command`: what a person may ask, of a release or of an environment: invoked directly (the twin's command line, the AWS CLI), where
 * `by` is believed, or with what people say on GitHub, where GitHub is asked what they may. Refusals are answers, not errors.
 */
export const command = defineContract({
  env: [
    'LEDGER_TABLE',
    'ARTIFACTS_BUCKET',
    'STATUS_QUEUE_URL',
    'BUS_NAME',
    'GITHUB_API_URL',
    'GITHUB_TOKEN_SECRET',
  ],
  input: z.discriminatedUnion('action', [
    z.object({ action: z.literal('approve'), ...onTarget }),
    z.object({ action: z.literal('reject'), ...onTarget }),
    z.object({ action: z.literal('cancel'), ...onRelease }),
    /** `older`: go on although a newer commit was attempted since. */
    z.object({ action: z.literal('redrive'), ...onRelease, older: z.boolean() }),
    /** Removes a tool's stale lock on a target's state, unless a job may still hold it. */
    z.object({ action: z.literal('unlock'), ...onTarget }),
    /** Starts a release that destroys what is named; without `components` everything that is deployed there. */
    z.object({
      action: z.literal('destroy'),
      ...onEnvironment,
      components: z.array(z.string()).min(1).optional(),
    }),
    /** Starts a release that goes to `to`; without it, one that takes dirty targets back to their last good. */
    z.object({ action: z.literal('rollback'), ...onEnvironment, to: commitSchema.optional() }),
    commentedSchema,
    pressedSchema,
    rerunSchema,
  ]),
  output: z.object({
    accepted: z.boolean(),
    message: z.string(),
    /** What was asked for, where that starts a release: its delivery item (`ledgerKeys.delivery`) says which. */
    request: z.object({ id: z.string(), repository: z.int(), commit: commitSchema }).optional(),
  }),
});
