/** What is to be said of a release that was not said before: to people, and as metrics. Called by `git-status` on every look. */
import type { Announcement, AnnouncementKind } from './contracts/announcement.ts';
import { ROLLING_BACK } from './deployment/verdict.ts';
import type { DeploymentItem, ReleaseItem } from './ledger/release-items.ts';
import type { OutcomeItem } from './ledger/work-items.ts';
import type { Measurement } from './metrics/emf.ts';
import type { ReleaseRecord } from './statuses.ts';
import type { ReleaseVerdict } from './words.ts';

/** Something that is said once. `key` is what the ledger keeps of it. */
export interface News {
  readonly key: string;
  readonly announcement?: Announcement;
  readonly measurements: readonly Measurement[];
}

const ENDED = 'ended/';
const ASKS = 'asks/';

/** What a person at the pipeline reads about it. */
const HEADINGS: Readonly<Record<AnnouncementKind, string>> = {
  asks: 'an-approval-waits',
  succeeded: 'what-a-release-or-an-environment-ended-as',
  failed: 'what-a-target-ended-as',
  superseded: 'what-a-release-or-an-environment-ended-as',
  cancelled: 'cancel',
  'nothing-to-do': 'what-a-release-or-an-environment-ended-as',
  refused: 'what-a-release-or-an-environment-ended-as',
  'rolled-back': 'what-a-target-ended-as',
  broken: 'an-environment-is-broken',
};

/** Longer texts are cut: EventBridge takes 256 KiB, chats much less. Characters. */
const MAX_TEXT = 1500;

/** `github`: base of GitHub's pages. What the release's item says was announced before is left out. */
export function newsOf(record: ReleaseRecord, github: string): News[] {
  const { announced = new Set<string>() } = record.release;
  const all = [...questions(record, github), ...deploymentEnds(record), ...releaseEnd(record, github)];
  return all.filter(({ key }) => !announced.has(key));
}

/** All changes of an environment that wait for a person are told together; one more later is told again. */
function questions(record: ReleaseRecord, github: string): News[] {
  const { release, deployments, outcomes } = record;
  const asking = outcomes.filter(
    ({ outcome, progress }) => outcome === undefined && progress === 'approving',
  );
  const { announced = new Set<string>() } = release;
  return release.environments.flatMap((environment) => {
    const deployment = deployments.find((one) => one.environment === environment);
    const here = asking.filter((target) => target.environment === environment);
    const keys = here.map((target) => questionKey(target, deployment)).filter((key) => !announced.has(key));
    if (keys.length === 0) return [];
    const names = here.map(({ component }) => component).join(', ');
    const title = `${environment} of ${nameOf(release)} waits for approval: ${names}`;
    const text = here.map(({ component, reason }) => `${component}: ${reason}`).join('\n');
    const announcement = announce('asks', record, { title, text, github });
    return keys.map((key, index) => ({ key, measurements: [], ...(index === 0 && { announcement }) }));
  });
}

/** The way back may ask about a target, too, and about another change than the way there. */
function questionKey(target: OutcomeItem, deployment: DeploymentItem | undefined): string {
  const { environment, component, attempt, changeDigest = '' } = target;
  const way = deployment?.progress === ROLLING_BACK ? 'back' : changeDigest.slice(0, 16);
  return `${ASKS}${environment}/${component}/${attempt}/${way}`;
}

/** A redriven release has a new Deployment in the environment that failed; those that succeeded before stay told. */
function deploymentEnds({ release, deployments, outcomes }: ReleaseRecord): News[] {
  if (release.operation === 'plan') return [];
  return deployments.flatMap(({ environment, execution, verdict }) => {
    if (verdict === undefined || execution === '') return [];
    const facts = { ...factsOf(release), environment };
    const failed = outcomes.filter(
      (target) =>
        target.environment === environment &&
        // What was rolled back says so as its outcome, and keeps the name of the failure.
        (target.failure !== undefined || target.outcome === 'failed' || target.outcome === 'rollback-failed'),
    );
    return {
      key: `deployment/${environment}/${execution.split(':').at(-1)}`,
      measurements: [
        { metric: 'Deployments', value: 1, of: verdict, facts } as const,
        ...failed.map(({ component, failure = 'Lost', reason }) => ({
          metric: 'TargetFailures' as const,
          value: 1,
          of: failure,
          facts: { ...facts, component, reason },
        })),
      ],
    };
  });
}

function releaseEnd(record: ReleaseRecord, github: string): News[] {
  const { release, deployments } = record;
  const { verdict, endedAt, operation = 'apply' } = release;
  if (verdict === undefined || endedAt === undefined || verdict === 'waiting') return [];
  // It may be known a moment before what its last deployment ended as, which says more.
  if (deployments.some((one) => one.askedAt !== undefined && one.verdict === undefined)) return [];
  const kind = kindOf(verdict, deployments);
  const title = `${nameOf(release)}: ${describe(kind, deployments)}`;
  const facts = factsOf(release);
  const took = durationOf(release, endedAt);
  const durations =
    took === undefined
      ? []
      : [{ metric: operation === 'plan' ? 'PlanDuration' : 'ReleaseDuration', value: took, facts } as const];
  return [
    {
      key: `${ENDED}${endedAt}`,
      announcement: announce(kind, record, { title, text: release.reason, github }),
      measurements: [
        ...(operation === 'plan' ? [] : [{ metric: 'Releases', value: 1, of: verdict, facts } as const]),
        ...durations,
      ],
    },
  ];
}

/** Of one that waited for a person, or was redriven by one, it would tell how long that took. Seconds. */
function durationOf({ announced = new Set(), startedAt }: ReleaseItem, endedAt: string): number | undefined {
  const isPeoples = [...announced].some((key) => key.startsWith(ASKS) || key.startsWith(ENDED));
  return isPeoples ? undefined : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function kindOf(verdict: ReleaseVerdict, deployments: readonly DeploymentItem[]): AnnouncementKind {
  if (verdict === 'waiting') return 'asks';
  if (verdict !== 'failed') return verdict;
  const verdicts = deployments.map((one) => one.verdict);
  if (verdicts.includes('broken')) return 'broken';
  return verdicts.includes('rolled-back') ? 'rolled-back' : 'failed';
}

function describe(kind: AnnouncementKind, deployments: readonly DeploymentItem[]): string {
  const at = deployments.filter(({ verdict }) => verdict === kind).map(({ environment }) => environment);
  if (kind === 'broken') return `${at.join(', ')} is broken`;
  if (kind === 'rolled-back') return `${at.join(', ')} failed and was rolled back`;
  if (kind === 'nothing-to-do') return 'nothing to do';
  return at.length === 0 || kind !== 'failed' ? kind : `${at.join(', ')} failed`;
}

/** `acme/shop 1a2b3c4` */
const nameOf = ({ repository, commit }: ReleaseItem) => `${repository.fullName} ${commit.slice(0, 7)}`;

const factsOf = ({ id, repository, operation = 'apply' }: ReleaseItem) => ({
  release: id,
  repository: repository.fullName,
  operation,
});

function announce(
  kind: AnnouncementKind,
  { release }: ReleaseRecord,
  { title, text, github }: { readonly title: string; readonly text: string; readonly github: string },
): Announcement {
  const { id, repository, commit, branch, operation = 'apply', pull } = release;
  const page = pull === undefined ? `commit/${commit}` : `pull/${pull.number}`;
  return {
    kind,
    release: { id, repository: repository.id, commit },
    repository: repository.fullName,
    ...{ branch, operation, title },
    text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text,
    link: `${github}/${repository.fullName}/${page}`,
    heading: HEADINGS[kind],
  };
}

/** Every heading of the runbook that an announcement names. */
export const ANNOUNCED_HEADINGS: readonly string[] = [...new Set(Object.values(HEADINGS))];
