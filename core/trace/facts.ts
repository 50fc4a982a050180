/** What the ledger and the artifacts know of a release's time, for its timeline and its price. Called by `git-status` and the local command line. */
import type { ReleaseDocument } from '../contracts/release.ts';
import { ledgerPrefixes } from '../ledger/keys.ts';
import { type DeploymentItem, deploymentItemSchema, type ReleaseItem } from '../ledger/release-items.ts';
import {
  type ApprovalItem,
  approvalItemSchema,
  type JobTimesItem,
  jobTimesItemSchema,
  type OutcomeItem,
  outcomeItemSchema,
} from '../ledger/work-items.ts';
import { type Pass, passSchema } from '../words.ts';

/** One target in one pass. */
export interface TargetFacts {
  readonly pass: Pass;
  readonly outcome: OutcomeItem;
  readonly jobs: readonly JobTimesItem[];
  readonly approval: ApprovalItem | undefined;
  /** Components it may have waited for: those it needs, and, where dependents come first, those that need it. */
  readonly related: ReadonlySet<string>;
}

export interface ReleaseFacts {
  readonly release: ReleaseItem;
  readonly deployments: readonly DeploymentItem[];
  /** Those that had a turn. */
  readonly targets: readonly TargetFacts[];
}

type Items = readonly Readonly<Record<string, unknown>>[];

/** `items`: all of the release's partition, `jobs`: all of that of its jobs' times; with their `sk`. */
export function factsOf({
  release,
  document,
  items,
  jobs,
}: {
  readonly release: ReleaseItem;
  readonly document: ReleaseDocument | undefined;
  readonly items: Items;
  readonly jobs: Items;
}): ReleaseFacts {
  const under = (prefix: string) => items.filter(({ sk }) => String(sk).startsWith(prefix));
  const jobsOf = Map.groupBy(jobTimesItemSchema.array().parse(jobs), (job) => nameOf(job.pass, job));
  const approvalOf = new Map(
    under(ledgerPrefixes.allApprovals).map((item) => [
      String(item.sk).slice(ledgerPrefixes.allApprovals.length),
      approvalItemSchema.parse(item),
    ]),
  );
  const related = relations(document);
  const targets = passSchema.options.flatMap((pass) =>
    outcomeItemSchema
      .array()
      .parse(under(ledgerPrefixes.outcomesOf(pass)))
      .filter(({ startedAt }) => startedAt !== undefined)
      .map((outcome) => ({
        pass,
        outcome,
        jobs: jobsOf.get(nameOf(pass, outcome)) ?? [],
        approval: approvalOf.get(nameOf(pass, outcome)),
        related: related.get(`${outcome.environment}/${outcome.component}`) ?? new Set<string>(),
      })),
  );
  return {
    release,
    deployments: deploymentItemSchema.array().parse(under(ledgerPrefixes.deployments)),
    targets,
  };
}

const nameOf = (pass: Pass, { environment, component }: { environment: string; component: string }) =>
  `${pass}/${environment}/${component}`;

function relations(document: ReleaseDocument | undefined): Map<string, Set<string>> {
  const related = new Map<string, Set<string>>();
  const relate = (environment: string, one: string, other: string) => {
    const name = `${environment}/${one}`;
    related.set(name, (related.get(name) ?? new Set()).add(other));
  };
  for (const { name, targets } of document?.environments ?? []) {
    for (const { entry } of targets) {
      const sources = Object.values(entry.inputs).map(({ component }) => component);
      for (const needed of new Set([...entry.needs, ...sources])) {
        relate(name, entry.component, needed);
        relate(name, needed, entry.component);
      }
    }
  }
  return related;
}
