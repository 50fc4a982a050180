/** What a plan's JSON is summarised to. */
import { expect, test } from '@jest/globals';
import { planJsonSchema, summarisePlan } from '../../core/plan/summary.ts';

const change = (actions: string[], more: object = {}) => ({ actions, before: null, after: null, ...more });
const resource = (address: string, actions: string[], more: object = {}) => ({
  address,
  type: address.split('.').at(-2),
  change: change(actions, more),
});
const summary = (plan: object) => summarisePlan(planJsonSchema.parse(plan));

const PLAN = {
  format_version: '1.2',
  timestamp: '2026-11-21T08:00:00Z',
  resource_drift: [resource('aws_vpc.drifted', ['update'])],
  resource_changes: [
    resource('aws_vpc.same', ['no-op']),
    resource('data.aws_ami.read', ['read']),
    resource('aws_subnet.new', ['create'], { after: { cidr: '10.0.0.0/24' }, after_unknown: { id: true } }),
    resource('aws_subnet.more', ['update']),
    resource('module.db.aws_db_instance.main', ['delete', 'create']),
    resource('aws_lb.front', ['create', 'delete']),
    resource('aws_s3_bucket.old', ['delete']),
    resource('aws_iam_role.taken', ['no-op'], { importing: { id: 'role' } }),
    { ...resource('aws_eip.here', ['no-op']), previous_address: 'aws_eip.there' },
    resource('aws_kms_key.left', ['forget']),
  ],
  output_changes: { vpc: change(['no-op']), url: change(['create'], { after: 'https://x' }) },
};

test('counts by kind, and what is removed', () => {
  expect(summary(PLAN)).toEqual({
    changes: { add: 1, change: 2, destroy: 1, replace: 2, import: 1, move: 1, outputs: 1 },
    summary: '1 to add, 2 to change, 2 to replace, 1 to destroy, 1 to import, 1 to move, 1 output',
    removals: [
      { address: 'module.db.aws_db_instance.main', type: 'aws_db_instance', replace: true },
      { address: 'aws_lb.front', type: 'aws_lb', replace: true },
      { address: 'aws_s3_bucket.old', type: 'aws_s3_bucket', replace: false },
    ],
    creations: ['aws_subnet.new', 'module.db.aws_db_instance.main', 'aws_lb.front'],
    changeDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('an empty plan', () => {
  expect(summary({ format_version: '1.2' })).toMatchObject({
    summary: 'no changes',
    changes: { add: 0, change: 0, destroy: 0, replace: 0, import: 0, move: 0, outputs: 0 },
    removals: [],
    // SHA-256 of {"actions":[],"outputs":{},"resources":[]}
    changeDigest: '25f39da5c893b139fbdc4b4ae30c7bdec30f8871a2aa0311e401e949323e6b36',
  });
});

test('the digest does not see time, drift, reads, the order of resources or of keys', () => {
  const later = {
    ...PLAN,
    timestamp: '2027-01-01T00:00:00Z',
    resource_drift: [],
    resource_changes: PLAN.resource_changes
      .filter(({ address }) => address !== 'data.aws_ami.read')
      .map(({ change: { after, before, actions, ...rest }, ...more }) => ({
        change: { ...rest, after, before, actions },
        ...more,
      }))
      .reverse(),
  };
  expect(summary(later).changeDigest).toBe(summary(PLAN).changeDigest);
});

test.each([
  ['a value', { after: { cidr: '10.0.1.0/24' }, after_unknown: { id: true } }],
  ['what is unknown', { after: { cidr: '10.0.0.0/24' }, after_unknown: {} }],
  ['the action', { actions: ['update'], after: { cidr: '10.0.0.0/24' }, after_unknown: { id: true } }],
])('the digest sees %s', (_, other) => {
  const resource_changes = PLAN.resource_changes.map((item) =>
    item.address === 'aws_subnet.new' ? { ...item, change: { ...item.change, ...other } } : item,
  );
  expect(summary({ ...PLAN, resource_changes }).changeDigest).not.toBe(summary(PLAN).changeDigest);
});
