/**
 * A release that is under way when Belay is deployed goes on with its old machine and jobs, and finds its old records: what version 1
 * sent and wrote (recorded from a real run) must be understood as long as any of it may be met. Records are added, never changed.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import * as contracts from '../../../core/contracts/functions.ts';
import { jobResultSchema, jobSpecSchema } from '../../../core/contracts/job.ts';
import { admit, artifacts, secrets, sessions } from '../../../core/contracts/job-services.ts';
import { lastGoodDocumentSchema } from '../../../core/contracts/last-good.ts';
import { releaseDocumentSchema } from '../../../core/contracts/release.ts';
import * as audit from '../../../core/ledger/audit-items.ts';
import * as environment from '../../../core/ledger/environment-items.ts';
import * as release from '../../../core/ledger/release-items.ts';
import * as work from '../../../core/ledger/work-items.ts';

interface Recorded {
  /** What a machine called a function with, and the answer it went on with. */
  readonly calls: readonly { function: string; byToken: boolean; input: object; answer: object }[];
  readonly documents: readonly { document: string; content: object }[];
  /** Of the ledger. */
  readonly items: readonly { item: string; content: object }[];
}
const file = new URL('../../fixtures/upgrade/version-1.json', import.meta.url);
/** JSON has no sets, the ledger has. */
const revived = (_key: string, value: unknown) =>
  typeof value === 'object' && value !== null && '$set' in value ? new Set(value.$set as string[]) : value;
const recorded = JSON.parse(readFileSync(file, 'utf8'), revived) as Recorded;

const functions: Readonly<Record<string, { input: z.ZodType; output: z.ZodType }>> = contracts as never;

/** What a parked token is answered with. */
const byToken: Readonly<Record<string, z.ZodType>> = {
  lease: contracts.leaseGrantSchema,
  approval: contracts.approvalAnswerSchema,
  turn: contracts.turn.output,
};

const documents: Readonly<Record<string, z.ZodType>> = {
  release: releaseDocumentSchema,
  job: jobSpecSchema,
  result: jobResultSchema,
  'last-good': lastGoodDocumentSchema,
};

const items: Readonly<Record<string, z.ZodType>> = {
  active: release.activeItemSchema,
  approval: work.approvalItemSchema,
  check: release.checkItemSchema,
  commit: release.commitItemSchema,
  delivery: release.deliveryItemSchema,
  deployment: release.deploymentItemSchema,
  environment: environment.environmentItemSchema,
  'github-deployment': audit.gitHubDeploymentItemSchema,
  history: audit.historyItemSchema,
  job: work.jobItemSchema,
  known: environment.knownItemSchema,
  outcome: work.outcomeItemSchema,
  policies: environment.policiesItemSchema,
  pull: release.pullItemSchema,
  release: release.releaseItemSchema,
  status: release.statusItemSchema,
  target: environment.targetItemSchema,
  turn: work.turnItemSchema,
};

describe('the machines of version 1', () => {
  test.each(recorded.calls)(
    'call $function, and read its answer',
    ({ function: name, input, answer, ...call }) => {
      const contract = functions[name];
      expect(contract?.input.safeParse(input).error).toBeUndefined();
      const output = (call.byToken ? byToken[name] : contract?.output) ?? z.never();
      const known = JSON.stringify(z.toJSONSchema(output, { unrepresentable: 'any' }));
      for (const field of Object.keys(answer)) expect(known).toContain(`"${field}":`);
      if ('decision' in answer) expect(known).toContain(`"${answer.decision}"`);
    },
  );
});

describe('the jobs of version 1', () => {
  const proof = { job: '1/releases/r/dev/app/plan/job-1-0.json', nonce: 'n', jobId: 'j' };

  test.each([
    [admit, { action: 'read', job: proof.job, jobId: 'j' }],
    [admit, { action: 'begin', ...proof }],
    [admit, { action: 'end', ...proof }],
    [secrets, proof],
    [artifacts, { ...proof, get: ['source', 'bundle.tar.gz'], put: ['result.json', 'log.txt'] }],
    [sessions, { ...proof, identity: 'state' }],
    [sessions, { ...proof, identity: 'environment' }],
  ])('call what serves them', ({ input }, call) => {
    expect(input.safeParse(call).error).toBeUndefined();
  });
});

describe('what version 1 has written', () => {
  test.each(recorded.documents)('is read: $document', ({ document, content }) => {
    expect(documents[document]?.safeParse(content).error).toBeUndefined();
    expect(documents[document]).toBeDefined();
  });

  test.each(recorded.items)('is read from the ledger: $item', ({ item, content }) => {
    expect(items[item]).toBeDefined();
    expect(items[item]?.safeParse(content).error).toBeUndefined();
  });
});
