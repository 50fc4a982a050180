import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planGroups, readablePlanSchema } from '../../../core/checks/plan-diff.ts';
import { planText } from '../../../core/checks/plan-text.ts';

const resource = (address: string, actions: string[], change: object = {}) => ({
  address,
  change: { actions, before: null, after: null, ...change },
});
const planOf = (...resources: object[]) => readablePlanSchema.parse({ resource_changes: resources });
const ARTIFACT = 's3://artifacts/1/releases/r/dev/app/plan/plan.json';

test('what is destroyed comes first, what changes is shown, what stays is not', () => {
  const plan = readablePlanSchema.parse({
    resource_changes: [
      resource('aws_s3_bucket.kept', ['no-op']),
      resource('data.aws_ami.read', ['read']),
      resource('aws_s3_bucket.new', ['create'], {
        after: { bucket: 'logs', tags: { team: 'a b' }, arn: null },
        after_unknown: { id: true },
      }),
      resource('aws_instance.web', ['update'], {
        before: { type: 't3.small', ports: [80, 443], ami: 'ami-1' },
        after: { type: 't3.large', ports: [80, 8443], ami: 'ami-1' },
      }),
      resource('aws_instance.old', ['delete', 'create'], { before: { zone: 'a' }, after: { zone: 'b' } }),
      resource('aws_db_instance.main', ['delete'], { before: { name: 'main' } }),
      { ...resource('aws_vpc.b', ['no-op']), previous_address: 'aws_vpc.a' },
      resource('aws_vpc.found', ['no-op'], { importing: { id: 'vpc-1' } }),
    ],
    output_changes: { url: { actions: ['create'], before: null, after: 'https://x' } },
  });
  expect(planText([{ targets: ['dev/app'], plan, artifact: ARTIFACT }])).toBe(`### Destroy (1)
\`\`\`diff
- aws_db_instance.main
\`\`\`
### Replace (1)
\`\`\`diff
! aws_instance.old
- zone: "a"
+ zone: "b"
\`\`\`
### Change (1)
\`\`\`diff
! aws_instance.web
- type: "t3.small"
+ type: "t3.large"
- ports[1]: 443
+ ports[1]: 8443
\`\`\`
### Add (1)
\`\`\`diff
+ aws_s3_bucket.new
+ bucket: "logs"
+ tags.team: "a b"
+ id: (known after apply)
\`\`\`
### Import (1)
\`\`\`diff
! aws_vpc.found
\`\`\`
### Move (1)
\`\`\`diff
! aws_vpc.b  (was aws_vpc.a)
\`\`\`
### Outputs
\`\`\`diff
+ url: "https://x"
\`\`\``);
});

test('a sensitive change is told, its value is not, wherever it is', () => {
  const groups = planGroups(
    planOf(
      resource('aws_db_instance.main', ['update'], {
        before: { password: 'hunter2-old', users: [{ name: 'a', token: 'tok-12345' }], note: 'x' },
        after: {
          password: 'hunter2-new',
          users: [{ name: 'b', token: 'tok-12345' }],
          note: 'uses hunter2-new',
        },
        before_sensitive: { password: true, users: [{ token: true }] },
        after_sensitive: { password: true, users: [{ token: true }] },
      }),
    ),
  );
  expect(groups).toEqual([
    {
      name: 'Change',
      blocks: [
        [
          '! aws_db_instance.main',
          '! password: (sensitive)',
          '- users[0].name: "a"',
          '+ users[0].name: "b"',
          '- note: "x"',
          '+ note: "uses (sensitive)"',
        ].join('\n'),
      ],
    },
  ]);
});

test('a tree that becomes a value, an attribute that goes, a value that is long', () => {
  const [group] = planGroups(
    planOf(
      resource('x.y', ['update'], {
        before: { a: { b: 1 }, gone: 'g', long: 'l' },
        after: { a: 'flat', long: 'x'.repeat(300) },
      }),
    ),
  );
  expect(group?.blocks[0]?.split('\n')).toEqual([
    '! x.y',
    '+ a: "flat"',
    '- a.b: 1',
    '- gone: "g"',
    '- long: "l"',
    `+ long: "${'x'.repeat(199)}… (302 characters)`,
  ]);
});

test('targets with the same plan are told together', () => {
  const plan = planOf(resource('a.b', ['create']));
  const text = planText([
    { targets: ['dev/a', 'dev/b', 'dev/c', 'dev/d', 'dev/e', 'dev/f', 'dev/g'], plan, artifact: ARTIFACT },
    { targets: ['dev/h'], plan: planOf(resource('c.d', ['delete'])), artifact: ARTIFACT },
  ]);
  expect(text).toContain('## `dev/a`, `dev/b`, `dev/c`, `dev/d`, `dev/e` and 2 more\n### Add (1)');
  expect(text).toContain('## `dev/h`\n### Destroy (1)');
});

test('a plan that is too long is cut between parts, says how much is missing, and where all of it is', () => {
  const many = Array.from({ length: 3000 }, (_, index) =>
    resource(`aws_s3_bucket.number_${index}`, ['create'], { after: { bucket: 'ü'.repeat(50) } }),
  );
  const text = planText([{ targets: ['dev/app'], plan: planOf(...many), artifact: ARTIFACT }]) ?? '';
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_535);
  expect(Buffer.byteLength(text)).toBeGreaterThan(55_000);
  expect(text.match(/^```/gm)?.length).toBe(2 * (text.match(/^```diff/gm)?.length ?? 0));
  expect(text).toMatch(
    /\n_\d+ more parts are not shown here: the whole plan is `s3:\/\/artifacts\/1\/releases\/r\/dev\/app\/plan\/plan.json`\._$/,
  );
});

test('nothing in a value ends the diff it is in', () => {
  const text = planText([
    {
      targets: ['a'],
      plan: planOf(resource('a.b', ['create'], { after: { s: '```\n# <b>' } })),
      artifact: ARTIFACT,
    },
  ]);
  expect(text).toBe('### Add (1)\n````diff\n+ a.b\n+ s: "```\\n# <b>"\n````');
});

test('an empty plan, and the plan of another tool, have no text', () => {
  expect(
    planText([{ targets: ['a'], plan: planOf(resource('a.b', ['no-op'])), artifact: ARTIFACT }]),
  ).toBeUndefined();
  expect(
    planText([
      { targets: ['a'], plan: readablePlanSchema.parse({ add: 2, summary: 'x' }), artifact: ARTIFACT },
    ]),
  ).toBeUndefined();
});

/** Values in which every leaf below a mark carries one of the secrets; and, beside it, the marks. */
const SECRET = fc.stringMatching(/^S3cr\{["\\a-z]{2,12}\}t$/);
const marked: fc.Arbitrary<{ value: unknown; mark: unknown; secrets: string[] }> = fc.letrec<{
  node: { value: unknown; mark: unknown; secrets: string[] };
}>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc
      .oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
      .map((value) => ({ value, mark: false, secrets: [] })),
    SECRET.map((value) => ({ value, mark: true, secrets: [value] })),
    fc
      .array(SECRET, { minLength: 1, maxLength: 3 })
      .map((list) => ({ value: { deep: list }, mark: true, secrets: list })),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('node'), { maxKeys: 4 }).map((members) => ({
      value: Object.fromEntries(Object.entries(members).map(([key, { value }]) => [key, value])),
      mark: Object.fromEntries(Object.entries(members).map(([key, { mark }]) => [key, mark])),
      secrets: Object.values(members).flatMap(({ secrets }) => secrets),
    })),
    fc.array(tie('node'), { maxLength: 3 }).map((members) => ({
      value: members.map(({ value }) => value),
      mark: members.map(({ mark }) => mark),
      secrets: members.flatMap(({ secrets }) => secrets),
    })),
  ),
})).node;

test('no value that is marked sensitive is ever in a text', () => {
  const actions = fc.constantFrom(
    ['create'],
    ['update'],
    ['delete'],
    ['delete', 'create'],
    ['create', 'delete'],
  );
  fc.assert(
    fc.property(marked, marked, actions, fc.boolean(), (before, after, what, copies) => {
      const secrets = [...before.secrets, ...after.secrets];
      const change = {
        actions: what,
        before: before.value,
        after: after.value,
        before_sensitive: before.mark,
        after_sensitive: after.mark,
      };
      const copy = {
        actions: ['update'],
        before: null,
        after: copies ? { note: `has ${secrets.join(' and ')}` } : {},
      };
      const plan = readablePlanSchema.parse({
        resource_changes: [
          { address: 'a.b', change },
          { address: 'c.d', change: copy },
        ],
        output_changes: { out: change },
      });
      const text = planText([{ targets: ['dev/app'], plan, artifact: ARTIFACT }]) ?? '';
      for (const secret of secrets) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      }
    }),
    { numRuns: 500 },
  );
});
