/** The functions that run against each other: the real ones, or a mutant's. */
export { addWriter, removeWriter } from '../../../lambdas/admit/writers.ts';
export { approval } from '../../../lambdas/approval/approval.ts';
export { command } from '../../../lambdas/command/command.ts';
export { lease } from '../../../lambdas/lease/lease.ts';
export { open } from '../../../lambdas/open/open.ts';
export { prepare } from '../../../lambdas/prepare/prepare.ts';
export { record } from '../../../lambdas/record/record.ts';
export { settle } from '../../../lambdas/settle/settle.ts';
export { sweepLease } from '../../../lambdas/sweep/leases.ts';
export { turn } from '../../../lambdas/turn/turn.ts';

export type Subject = typeof import('./subject.ts');
