/** `approve` and `reject` for all that waits at a place of a release: by a comment, or by a button that was shown with certain plans. */
import { askedDigest } from '../../core/checks/buttons.ts';
import type { CheckSubject } from '../../core/checks/check-id.ts';
import { ledgerKeys, ledgerPrefixes } from '../../core/ledger/keys.ts';
import type { ReleaseItem } from '../../core/ledger/release-items.ts';
import { type OutcomeItem, outcomeItemSchema } from '../../core/ledger/work-items.ts';
import { didYouMean } from '../../core/manifest/suggest.ts';
import { type Pass, passSchema } from '../../core/words.ts';
import type { Ledger } from '../ports.ts';
import { readApproval } from '../shared/approvals.ts';
import type { Answer } from './answer.ts';
import { type DecidePorts, decide } from './decide.ts';

export interface Decision {
  readonly action: 'approve' | 'reject';
  readonly by: string;
  /** What it was decided on. */
  readonly seen:
    | { /** The digest a button was shown with. */ readonly digest: string }
    | { /** When somebody wrote that they decide. */ readonly at: string };
}

type Asked = OutcomeItem & { readonly pass: Pass };
type Place = Omit<CheckSubject, 'release'>;

/** Clocks differ a little, and GitHub's comments know whole seconds. Milliseconds. */
const SKEW_MS = 10_000;

export async function decideAll(
  release: ReleaseItem,
  place: Place,
  { action, by, seen, ports }: Decision & { readonly ports: DecidePorts },
): Promise<Answer> {
  const passes = 'digest' in seen ? (['deploy'] as const) : passSchema.options;
  const asked = await askedAt(release, place, { passes, ledger: ports.ledger });
  const problem = 'digest' in seen && asked.length > 0 && askedDigest(asked) !== seen.digest;
  if (problem) return refused('what is asked has changed since the button was shown: look at the plan again');
  if (asked.length === 0) return refused(await whyNobody(release, place, ports.ledger));
  const named = { repository: release.repository.id, release: release.id };
  const refusals: string[] = [];
  for (const { environment, component, planDigest, pass } of asked) {
    const answer =
      'at' in seen && (await isYounger({ ...named, environment, component, pass }, seen.at, ports.ledger))
        ? refused(`${environment}/${component} was asked about after that was written: look at its plan`)
        : await decide({ action, by, ...named, environment, component, plan: planDigest }, ports);
    if (!answer.accepted) refusals.push(answer.message);
  }
  if (refusals.length > 0) return refused(refusals.join('; '));
  const names = asked.map(({ environment, component }) => `${environment}/${component}`);
  return {
    accepted: true,
    message: `${names.join(', ')}: ${action === 'approve' ? 'approved' : 'rejected'} by ${by}`,
  };
}

/** The targets a person is asked about now. */
async function askedAt(
  { id, repository, environments }: ReleaseItem,
  { environment, component }: Place,
  { passes, ledger }: { readonly passes: readonly Pass[]; readonly ledger: Ledger },
): Promise<Asked[]> {
  const { pk } = ledgerKeys.release(repository.id, id);
  const asked: Asked[] = [];
  for (const name of environments.filter((one) => one === (environment ?? one))) {
    for (const pass of passes) {
      const items = await ledger.query(pk, ledgerPrefixes.outcomesIn(name, pass));
      const outcomes = outcomeItemSchema.array().parse(items);
      const waiting = outcomes.filter((one) => one.outcome === undefined && one.progress === 'approving');
      asked.push(...waiting.map((one) => ({ ...one, pass })));
    }
  }
  return asked.filter((one) => one.component === (component ?? one.component));
}

async function whyNobody(
  { id, repository, environments }: ReleaseItem,
  { environment, component }: Place,
  ledger: Ledger,
): Promise<string> {
  if (environment !== undefined && !environments.includes(environment))
    return `release ${id} is not about ${environment}${didYouMean(environment, environments)}`;
  if (environment === undefined || component === undefined)
    return `nothing of release ${id} waits for a person${environment === undefined ? '' : ` in ${environment}`}`;
  const item = await ledger.get(ledgerKeys.outcome(repository.id, id, { environment, component }));
  if (item === undefined) return `release ${id} has no target ${environment}/${component}`;
  const { outcome, reason, progress } = outcomeItemSchema.parse(item);
  const state = outcome === undefined ? progress : `${outcome} (${reason})`;
  return `${environment}/${component} does not wait for a person: it is ${state}`;
}

async function isYounger(
  {
    repository,
    release: id,
    ...target
  }: Omit<Asked, keyof OutcomeItem> & {
    readonly repository: number;
    readonly release: string;
    readonly environment: string;
    readonly component: string;
  },
  at: string,
  ledger: Ledger,
): Promise<boolean> {
  const asked = await readApproval(ledger, { release: { id, repository }, ...target });
  return asked !== undefined && Date.parse(asked.requestedAt) > Date.parse(at) + SKEW_MS;
}

const refused = (message: string): Answer => ({ accepted: false, message });
