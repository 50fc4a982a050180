/** What one line of a comment asks for: read by `parse.ts`, carried by the event of a comment, done by `command`. */
import * as z from 'zod';

/** As in `belay.yaml`. */
export const nameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);

/** The id of a commit, or how it begins. */
export const shortCommitSchema = z.string().regex(/^[0-9a-f]{7,40}$/);

/** All that waits in the release, in an environment, or one target. */
const place = { environment: nameSchema.optional(), component: nameSchema.optional() };

export const orderSchema = z.discriminatedUnion('verb', [
  z.object({ verb: z.literal('plan'), commit: shortCommitSchema.optional() }),
  z.object({ verb: z.literal('apply'), environment: nameSchema.optional(), older: z.boolean() }),
  z.object({ verb: z.literal('destroy'), environment: nameSchema, component: nameSchema.optional() }),
  z.object({ verb: z.literal('approve'), ...place }),
  z.object({ verb: z.literal('reject'), ...place }),
  z.object({ verb: z.literal('cancel') }),
  z.object({ verb: z.literal('redrive'), older: z.boolean() }),
  z.object({ verb: z.literal('rollback'), environment: nameSchema, to: shortCommitSchema.optional() }),
  z.object({ verb: z.literal('unlock'), environment: nameSchema, component: nameSchema }),
  z.object({ verb: z.literal('status'), ...place }),
  z.object({ verb: z.literal('help') }),
]);
export type Order = z.infer<typeof orderSchema>;
export type Verb = Order['verb'];

/** Verbs that only tell: whoever may read the repository may ask. */
export const TELLING: readonly Verb[] = ['status', 'help'];

/** How a place is named after a verb: not at all, perhaps, or always; and how exactly. */
type Place =
  | 'none'
  | 'commit?'
  | 'environment?'
  | 'environment'
  | 'target?'
  | 'environment, target?'
  | 'target';

export interface Form {
  readonly place: Place;
  readonly options: readonly ('--older' | '--to')[];
  /** As it is written, after `/belay `. */
  readonly usage: string;
  /** What it does. */
  readonly does: string;
}

/** The grammar, and what `help` says. */
export const FORMS: Readonly<Record<Verb, Form>> = {
  plan: {
    place: 'commit?',
    options: [],
    usage: 'plan [COMMIT]',
    does: 'plan this pull request once more, or at last: a draft; or one from a fork, whose COMMIT you have read',
  },
  apply: {
    place: 'environment?',
    options: ['--older'],
    usage: 'apply [ENV] [--older]',
    does: 'deploy what was merged, though it failed or was cancelled; `--older`: though a newer commit came since',
  },
  destroy: {
    place: 'environment, target?',
    options: [],
    usage: 'destroy ENV[/COMPONENT]',
    does: 'destroy what is deployed there; every target is asked about',
  },
  approve: {
    place: 'target?',
    options: [],
    usage: 'approve [ENV[/COMPONENT]]',
    does: 'apply what waits for a person, as it was planned',
  },
  reject: {
    place: 'target?',
    options: [],
    usage: 'reject [ENV[/COMPONENT]]',
    does: 'apply nothing of what waits for a person',
  },
  cancel: {
    place: 'none',
    options: [],
    usage: 'cancel',
    does: 'stop the release; what is being applied ends',
  },
  redrive: {
    place: 'none',
    options: ['--older'],
    usage: 'redrive [--older]',
    does: 'go on from where the release failed',
  },
  rollback: {
    place: 'environment',
    options: ['--to'],
    usage: 'rollback ENV [--to COMMIT]',
    does: 'bring the environment to COMMIT; without one, what is dirty to its last good',
  },
  unlock: {
    place: 'target',
    options: [],
    usage: 'unlock ENV/COMPONENT',
    does: "remove a tool's stale lock on the state",
  },
  status: {
    place: 'target?',
    options: [],
    usage: 'status [ENV[/COMPONENT]]',
    does: 'say how far the release is',
  },
  help: { place: 'none', options: [], usage: 'help', does: 'say this' },
};

export const VERBS = Object.keys(FORMS) as readonly Verb[];

/** What any order may say. */
interface Parts {
  readonly verb: Verb;
  readonly environment?: string | undefined;
  readonly component?: string | undefined;
  readonly older?: boolean;
  readonly to?: string | undefined;
  readonly commit?: string | undefined;
}

/** How the order is written: what `parseComment` reads as the same order. */
export function written(order: Order): string {
  const { verb, environment, component, older = false, to, commit }: Parts = order;
  const at = component === undefined ? environment : `${environment}/${component}`;
  const words = ['/belay', verb, commit ?? at, older ? '--older' : undefined, to && `--to ${to}`];
  return words.filter((word) => word !== undefined).join(' ');
}
