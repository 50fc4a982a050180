/** `plans` of `belay.config.ts`: the network of plan and validate jobs, and what it must be told where that is closed. Used by the schema. */
import * as z from 'zod';
import { serviceName } from './service-name.ts';

/**
 * A provider as the tools name it, with its registry's host where that is not the tool's own:
 * https://opentofu.org/docs/language/providers/requirements/#source-addresses
 */
const source = z
  .string()
  .regex(/^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?\/)?[A-Za-z0-9][\w-]*\/[A-Za-z0-9][\w-]*$/, {
    error: 'must be the source address of a provider, such as `hashicorp/aws`',
  });

const version = z.string().regex(/^\d+\.\d+\.\d+(-[A-Za-z0-9.-]+)?$/, {
  error: 'must be one exact version, such as `6.2.0`',
});

const endpoint = serviceName.refine((name) => name !== 's3', {
  error: 'need not name `s3`: a closed network reaches it in any case',
});

export const plans = z
  .strictObject({
    /** `closed`: plan and validate jobs have no way to the internet. `open`: they run where the other jobs do. */
    network: z.enum(['open', 'closed']).default('open'),
    /** Of a closed network: the services of AWS that providers ask while they plan, such as `ec2`. */
    endpoints: z.array(endpoint).default([]),
    /** Of a closed network: what lies in the executor's image, because no registry is reached. */
    providers: z.array(z.strictObject({ source, version })).default([]),
  })
  .superRefine(({ network, endpoints, providers }, context) => {
    const problem = (field: string, message: string, ...at: number[]) =>
      context.addIssue({ code: 'custom', path: [field, ...at], message });
    if (network === 'closed' && providers.length === 0)
      problem('providers', 'must name at least one: closed plans reach no registry');
    if (network === 'open') {
      for (const [field, list] of Object.entries({ endpoints, providers }))
        if (list.length > 0) problem(field, "is for `plans.network: 'closed'` only");
    }
    const listed = providers.map(({ source: from, version: exact }) => `${from} ${exact}`);
    listed.forEach((one, index) => {
      if (listed.indexOf(one) < index) problem('providers', `\`${one}\` is listed twice`, index);
    });
    endpoints.forEach((one, index) => {
      if (endpoints.indexOf(one) < index) problem('endpoints', `\`${one}\` is listed twice`, index);
    });
  })
  .prefault({});

export type Plans = z.output<typeof plans>;
export type MirroredProvider = Plans['providers'][number];

/** What the rest of the configuration has to be for plans to be closed. */
export function requireClosable(
  {
    plans: { network },
    accounts,
    network: others,
  }: {
    readonly plans: Plans;
    readonly accounts?: 'any' | readonly string[] | undefined;
    readonly network: { readonly kind: string; readonly natGateways?: number };
  },
  context: z.core.$RefinementCtx,
): void {
  if (network === 'open') return;
  if (accounts === 'any') {
    const message =
      "must name your accounts where plans are closed: what plans reach is kept to them, and to `'any'` nothing can be kept";
    context.addIssue({ code: 'custom', path: ['accounts'], message });
  }
  if (others.kind === 'private' && others.natGateways === 0) {
    const message =
      'closes nothing more where `network.natGateways: 0` closes every stage: give the others a way out, or leave `plans` out';
    context.addIssue({ code: 'custom', path: ['plans', 'network'], message });
  }
}
