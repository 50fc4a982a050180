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
  | { readonly decision: 'end'; readonly outcome: 'unchanged' | 'rejected'; readonly reason: string };

/** What the policy is asked about. */
export interface PolicyQuestion {
  readonly plan: Pick<PlanSummary, 'hasChanges' | 'removals'>;
  readonly target: Pick<ResolvedTarget, 'policy' | 'test'>;
  /** An earlier apply was cut off, or outputs that others need were never recorded: an empty plan is applied then, to record them. */
  readonly isUnrecorded: boolean;
}

const NOT_SERVED = 'and approvals are not served by this version';

export function judgePlan({ plan, target, isUnrecorded }: PolicyQuestion): PolicyDecision {
  const { approval, protect } = target.policy;
  const { removals } = plan;
  if (!plan.hasChanges) {
    if (isUnrecorded) return { decision: 'apply' };
    if (target.test) return { decision: 'test' };
    return { decision: 'end', outcome: 'unchanged', reason: 'the plan is empty' };
  }
  if (approval === 'always') {
    return rejected(`a person must approve this plan (approval: always), ${NOT_SERVED}`);
  }
  const types = protect.length > 0 ? protect : STATEFUL_TYPES;
  const guarded = removals.find(({ type }) => types.includes(type));
  if (guarded) {
    const act = guarded.replace ? 'replace' : 'delete';
    return rejected(`it would ${act} ${guarded.address}, and ${guarded.type} is protected`);
  }
  if (approval === 'on-destroy' && removals.length > 0) {
    return rejected(
      `a person must approve that it removes ${listed(removals.map(({ address }) => address))} (approval: on-destroy), ${NOT_SERVED}`,
    );
  }
  return { decision: 'apply' };
}

const rejected = (reason: string): PolicyDecision => ({ decision: 'end', outcome: 'rejected', reason });

function listed(addresses: readonly string[]): string {
  const shown = addresses.slice(0, 3).join(', ');
  return addresses.length > 3 ? `${shown} and ${addresses.length - 3} more` : shown;
}
