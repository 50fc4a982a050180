/** The policy's judgement of a finished plan; called by `guard`. */
import type { PlanSummary } from '../contracts/job.ts';
import type { ResolvedTarget } from '../manifest/resolved.ts';

/** Types whose deletion loses data that no plan brings back: protected where the manifest's `protect` names none. */
export const STATEFUL_TYPES: readonly string[] = [
  'aws_backup_vault',
  'aws_cognito_user_pool',
  'aws_db_instance',
  'aws_docdb_cluster',
  'aws_dynamodb_table',
  'aws_ebs_volume',
  'aws_ecr_repository',
  'aws_efs_file_system',
  'aws_elasticache_replication_group',
  'aws_fsx_lustre_file_system',
  'aws_fsx_ontap_file_system',
  'aws_fsx_openzfs_file_system',
  'aws_fsx_windows_file_system',
  'aws_keyspaces_table',
  'aws_kinesis_stream',
  'aws_kms_key',
  'aws_memorydb_cluster',
  'aws_msk_cluster',
  'aws_neptune_cluster',
  'aws_opensearch_domain',
  'aws_rds_cluster',
  'aws_redshift_cluster',
  'aws_route53_zone',
  'aws_s3_bucket',
  'aws_secretsmanager_secret',
  'aws_timestreamwrite_table',
];

/** What becomes of a plan. `reason` is one line for people. */
export type PolicyDecision =
  | { readonly decision: 'apply' }
  | { readonly decision: 'test' }
  | { readonly decision: 'ask'; readonly reason: string }
  | { readonly decision: 'end'; readonly outcome: 'unchanged'; readonly reason: string };

/** What the policy is asked about. */
export interface PolicyQuestion {
  readonly plan: Pick<PlanSummary, 'hasChanges' | 'removals'>;
  /** The policy in force, which need not be the one of the commit that is judged. */
  readonly policy: Pick<ResolvedTarget['policy'], 'approval' | 'protect'>;
  readonly hasTest: boolean;
  /** An earlier apply was cut off, or outputs that others need were never recorded: an empty plan is applied then, to record them. */
  readonly isUnrecorded: boolean;
}

/** Judges the plan of a deployment. */
export function judgePlan({ plan, policy, hasTest, isUnrecorded }: PolicyQuestion): PolicyDecision {
  const { removals, hasChanges } = plan;
  if (!hasChanges) {
    if (isUnrecorded) return { decision: 'apply' };
    if (hasTest) return { decision: 'test' };
    return { decision: 'end', outcome: 'unchanged', reason: 'the plan is empty' };
  }
  const types = protectedTypes(policy);
  const guarded = removals.filter(({ type }) => types.includes(type));
  if (guarded.length > 0) return ask(`${describeRemovals(guarded)} (protected)`);
  if (policy.approval === 'never') return { decision: 'apply' };
  if (removals.length > 0) return ask(describeRemovals(removals));
  if (policy.approval === 'always') return ask('every change must be approved (approval: always)');
  return { decision: 'apply' };
}

/** Types whose removal a person must approve, whatever else the policy says. */
export function protectedTypes({ protect }: Pick<ResolvedTarget['policy'], 'protect'>): readonly string[] {
  return protect.length > 0 ? protect : STATEFUL_TYPES;
}

/** `it would destroy a, b and replace c`: at most three addresses of each, the others counted. */
export function describeRemovals(removals: PlanSummary['removals']): string {
  const addresses = (isReplaced: boolean) =>
    removals.filter(({ replace }) => replace === isReplaced).map(({ address }) => address);
  const parts = [
    ['destroy', addresses(false)],
    ['replace', addresses(true)],
  ] as const;
  const acts = parts.flatMap(([act, ones]) => (ones.length > 0 ? [`${act} ${listed(ones)}`] : []));
  return `it would ${acts.join(' and ')}`;
}

const ask = (reason: string): PolicyDecision => ({ decision: 'ask', reason });

function listed(addresses: readonly string[]): string {
  const shown = addresses.slice(0, 3).join(', ');
  return addresses.length > 3 ? `${shown} and ${addresses.length - 3} more` : shown;
}
