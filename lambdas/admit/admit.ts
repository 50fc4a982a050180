/** Lets jobs begin, one writer at a time for each target, and signs them off; called by every job and by the machine. */
import type * as z from 'zod';
import { type JobSpec, jobSpecSchema } from '../../core/contracts/job.ts';
import type { admit as contract, JobProof } from '../../core/contracts/job-services.ts';
import { nonceMatches } from '../../core/job-proof.ts';
import type { TargetItem } from '../../core/ledger/environment-items.ts';
import { ledgerKeys } from '../../core/ledger/keys.ts';
import { type JobItem, jobItemSchema } from '../../core/ledger/work-items.ts';
import { WRITING_STAGES } from '../../core/words.ts';
import type { Clock, Measure, ObjectStore, Segments } from '../ports.ts';
import { currentAttempt } from '../shared/attempt.ts';
import { cancellationOf } from '../shared/cancellation.ts';
import { readDocument } from '../shared/documents.ts';
import { readEnvironment } from '../shared/environment-item.ts';
import { readTargetItem } from '../shared/items.ts';
import { type TendPorts, tendLease } from '../shared/lease-tending.ts';
import { LOST_LEASE, supersededReason } from '../shared/superseded.ts';
import { keepTimes } from './times.ts';
import { addWriter, removeWriter, type Writer } from './writers.ts';

export interface AdmitPorts extends TendPorts {
  readonly store: ObjectStore;
  readonly segments: Segments;
  readonly clock: Clock;
  readonly measure: Measure;
}

type Input = z.output<typeof contract.input>;
type Answer = z.input<typeof contract.output>;

export async function admit(input: Input, ports: AdmitPorts): Promise<Answer> {
  if (input.action === 'has-ended') return hasEnded(input, ports);
  if (input.action === 'read') return read(input, ports);
  const bound = await bind(input, ports);
  if (typeof bound === 'string') return refused(bound);
  const spec = await readDocument(ports.store, input.job, jobSpecSchema);
  if (spec === undefined) return refused(`there is no spec at ${input.job}`);
  if (input.action === 'end') return end(input, spec, ports);
  return bound.ended ? refused('it has ended already') : begin(input, spec, ports);
}

const refused = (reason: string): Answer => ({ decision: 'refused', reason });

/**
 * Hands the spec, and the nonce in it, to the Batch job that was submitted for it. Once that has begun nobody is handed it any more:
 * a job's id alone, which others may come to know, then opens nothing.
 */
async function read(
  { job, jobId }: Pick<JobProof, 'job' | 'jobId'>,
  { ledger, jobs, store }: AdmitPorts,
): Promise<Answer> {
  const item = await readJob(ledger, job);
  if (item === undefined) return refused(`no job was prepared at ${job}`);
  if (item.jobId !== undefined)
    return refused(item.jobId === jobId ? 'it has begun already' : 'another Batch job does its work');
  if (!(await jobs.wasSubmittedFor(jobId, job))) return refused('Batch knows it as the job of another spec');
  const spec = await readDocument(store, job, jobSpecSchema);
  return spec === undefined ? refused(`there is no spec at ${job}`) : { decision: 'known', spec };
}

/**
 * Binds the nonce to the first job that shows it, and answers the item when it is (or was) bound to this one; else why not. Batch
 * must say, here too, that this very job was submitted for this spec.
 */
async function bind(
  { job, nonce, jobId }: JobProof,
  { ledger, jobs, clock, measure }: AdmitPorts,
): Promise<JobItem | string> {
  const known = await readJob(ledger, job);
  if (known === undefined || !nonceMatches(nonce, known.nonceHash)) return 'its nonce is not known';
  const { nonceHash } = known;
  let bound: JobItem | undefined = known;
  if (known.jobId === undefined) {
    if (!(await jobs.wasSubmittedFor(jobId, job))) return 'Batch knows it as the job of another spec';
    const condition = { missing: ['jobId'], equals: { nonceHash } };
    const begunAt = clock.now().toISOString();
    const item = await ledger.update(ledgerKeys.job(job), { set: { jobId, begunAt } }, condition);
    if (item !== undefined && known.preparedAt !== undefined) {
      const facts = { job, stage: known.stage };
      measure({ metric: 'JobWait', value: secondsBetween(known.preparedAt, begunAt), facts });
    }
    // Where the answer of an earlier try was lost, the item is ours already.
    bound = item === undefined ? await readJob(ledger, job) : jobItemSchema.parse(item);
  }
  return bound?.jobId === jobId ? bound : 'its nonce belongs to another Batch job';
}

async function begin({ jobId }: JobProof, spec: JobSpec, ports: AdmitPorts): Promise<Answer> {
  const cancelled = await cancellationOf(ports.ledger, spec);
  if (cancelled !== undefined) return refused(`its release was ${cancelled.reason}`);
  const attempt = await currentAttempt(ports.ledger, {
    release: spec.release,
    environment: spec.target.environment,
  });
  const superseded = await supersededReason(spec, attempt, ports.ledger);
  if (superseded !== undefined) return refused(superseded);
  if (attempt.execution === undefined) return refused(LOST_LEASE);
  if (!WRITING_STAGES.includes(spec.stage)) return { decision: 'admitted' };
  if (attempt.isPlan) return refused('a plan changes nothing');
  const writer = writerOf(spec, jobId);
  const environment = await readEnvironment(ports.ledger, writer);
  const other = environment.writers[writer.component];
  if (other !== undefined && other !== jobId && !(await ports.jobs.hasEnded(other))) {
    return { decision: 'wait', writer: other };
  }
  await markDirty(spec, writer, ports.ledger);
  const added = await addWriter(ports.ledger, writer, { fence: spec.fence, ended: other });
  if (added === 'stale') return refused(LOST_LEASE);
  return added === 'added' ? { decision: 'admitted' } : { decision: 'wait', writer: added.writer };
}

/** Before the writer is registered: whoever is admitted finds its target dirty already. */
async function markDirty(
  { source, fence }: JobSpec,
  writer: Writer,
  ledger: AdmitPorts['ledger'],
): Promise<void> {
  const { live } = await readTargetItem(ledger, writer);
  const { commit } = source;
  const isMarked = live?.state === 'dirty' && live.commit === commit && live.fence === fence;
  if (isMarked && live.contentKey === undefined) return;
  const dirty: TargetItem['live'] = { commit, state: 'dirty', fence };
  const key = ledgerKeys.target(writer.repository, writer.environment, writer.component);
  await ledger.update(key, { set: { live: dirty } });
}

async function end(
  { job, jobId, times }: Extract<Input, { action: 'end' }>,
  spec: JobSpec,
  ports: AdmitPorts,
): Promise<Answer> {
  if (times !== undefined) await keepTimes(spec, { jobId, times }, ports);
  const writer = writerOf(spec, jobId);
  await removeWriter(ports.ledger, writer);
  const condition = { equals: { jobId, ended: false } };
  const signedOff = await ports.ledger.update(ledgerKeys.job(job), { set: { ended: true } }, condition);
  if (signedOff !== undefined) measureStage(job, jobItemSchema.parse(signedOff), ports);
  if (WRITING_STAGES.includes(spec.stage)) await handOn(writer, ports);
  return { decision: 'ended' };
}

/** Of a job that signs off itself; one that was killed tells nothing. */
function measureStage(job: string, { stage, begunAt }: JobItem, { clock, measure }: AdmitPorts): void {
  if (begunAt === undefined) return;
  const value = secondsBetween(begunAt, clock.now().toISOString());
  measure({ metric: 'StageDuration', value, of: stage, facts: { job } });
}

const secondsBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

/** An execution that was stopped leaves its lease to its last writer: whoever waits is told now and not at the next sweep. */
async function handOn(writer: Writer, ports: AdmitPorts): Promise<void> {
  const { owner, writers } = await readEnvironment(ports.ledger, writer);
  if (owner === undefined || Object.keys(writers).length > 0) return;
  if (!(await ports.executions.isRunning(owner.execution))) await tendLease(writer, ports);
}

async function hasEnded(
  { repository, environment, component }: Extract<Input, { action: 'has-ended' }>,
  { ledger, jobs }: AdmitPorts,
): Promise<Answer> {
  const address = { repository, environment };
  const jobId = (await readEnvironment(ledger, address)).writers[component];
  if (jobId === undefined) return { decision: 'ended' };
  if (!(await jobs.hasEnded(jobId))) return { decision: 'running', writer: jobId };
  await removeWriter(ledger, { ...address, component, jobId });
  return { decision: 'ended' };
}

async function readJob(ledger: AdmitPorts['ledger'], job: string): Promise<JobItem | undefined> {
  const item = await ledger.get(ledgerKeys.job(job));
  return item === undefined ? undefined : jobItemSchema.parse(item);
}

const writerOf = ({ release, target }: JobSpec, jobId: string): Writer => ({
  repository: release.repository,
  environment: target.environment,
  component: target.component,
  jobId,
});
