/** What all of GitHub's webhook payloads have in common: used by whoever reads one (`push.ts`, `pull.ts`, `merge-group.ts`, `conversation.ts`). */
import * as z from 'zod';
import type { Repository } from './contracts/push.ts';

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const repositoryPayload = z.object({
  id: z.int().positive(),
  full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'not owner/name'),
  default_branch: z.string().min(1),
});

export const repositoryOf = (payload: z.output<typeof repositoryPayload>): Repository => ({
  id: payload.id,
  fullName: payload.full_name,
  defaultBranch: payload.default_branch,
});

/** Every field that is not as GitHub documents it. */
export const fieldProblems = ({ issues }: z.core.$ZodError): string =>
  issues
    .map(({ path, message }) => `${path.length === 0 ? 'payload' : path.join('.')}: ${message}`)
    .join('; ');
